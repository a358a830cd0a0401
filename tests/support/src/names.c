// Answers for names in place of the system's resolver, to be preloaded: NAMES holds "name=address,address name=…".
// A name whose answer is "never" is looked up forever; the first such look-up writes a byte to the FIFO NAMES_ASKED.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    look_up *real = (look_up *)dlsym(RTLD_NEXT, "getaddrinfo");
    char *names = strdup(getenv("NAMES") ? getenv("NAMES") : "");
    char *rest, *entry;
    for (entry = strtok_r(names, " ", &rest); entry; entry = strtok_r(NULL, " ", &rest)) {
        char *answer = strchr(entry, '=');
        *answer++ = 0;
        if (!node || strcasecmp(entry, node) != 0) continue;
        if (strcmp(answer, "never") == 0) {
            int asked = open(getenv("NAMES_ASKED"), O_WRONLY);
            if (asked >= 0 && write(asked, "?", 1) == 1) close(asked);
            for (;;) pause();
        }
        struct addrinfo **end = result;
        char *others, *address;
        *result = NULL;
        for (address = strtok_r(answer, ",", &others); address; address = strtok_r(NULL, ",", &others)) {
            int problem = real(address, service, hints, end);
            if (problem) return problem;
            while (*end) end = &(*end)->ai_next;
        }
        free(names);
        return *result ? 0 : EAI_NONAME;
    }
    free(names);
    return real(node, service, hints, result);
}
