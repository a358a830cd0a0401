/* Every function of the interface, well used and misused. The first argument says which; exit status 0 is good. */
#include <amqp_messenger.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define DIGEST "sha256:0000000000000000000000000000000000000000000000000000000000000001"
#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define CHECK(condition) ((condition) ? (void)0 : fail(__LINE__, #condition))
#define SAYS(text) CHECK(strstr(amqp_messenger_last_error(), text) != NULL)
#define WRONG(call, text) (CHECK((call) == AMQP_MESSENGER_USAGE), SAYS(text))
#define GOOD(call) CHECK((call) == AMQP_MESSENGER_OK)

static void fail(int line, const char *condition)
{
    fprintf(stderr, "line %d: %s; last error: %s\n", line, condition, amqp_messenger_last_error());
    exit(99);
}

static amqp_messenger_signer *load(const char *config, int type, const char *requester)
{
    amqp_messenger_signer *signer = NULL;

    GOOD(amqp_messenger_signer_new(config, type, requester, &signer));
    CHECK(signer);
    return signer;
}

static void *another_thread(void *unused)
{
    CHECK(strcmp(amqp_messenger_last_error(), "") == 0);
    WRONG(amqp_messenger_operation_blob(NULL, NULL), "out: is NULL");
    return unused;
}

/* What is NULL, of another kind, or out of range is refused; nothing crashes. */
static void misuse(const char *config)
{
    amqp_messenger_settings *settings = NULL;
    amqp_messenger_keyring *keyring = NULL;
    amqp_messenger_signer *signer = NULL, *other = NULL;
    amqp_messenger_operation *images = NULL, *texts = NULL, *blobs = NULL, *none = NULL;
    amqp_messenger_run *run = NULL;
    amqp_messenger_interrupt *interrupt = NULL;
    const amqp_messenger_item *item;
    pthread_t thread;
    size_t value = 9;
    int times;

    CHECK(strlen(amqp_messenger_version()) >= 5);
    CHECK(strcmp(amqp_messenger_last_error(), "") == 0);
    WRONG(amqp_messenger_set_log(9, NULL, NULL), "level: is 9");
    WRONG(amqp_messenger_set_log(-1, NULL, NULL), "level: is -1");

    WRONG(amqp_messenger_interrupt_new(NULL), "out: is NULL");
    GOOD(amqp_messenger_interrupt_new(&interrupt));
    amqp_messenger_interrupt_raise(NULL);
    errno = 0;
    for (times = 0; times < 10000; times++)
        amqp_messenger_interrupt_raise(interrupt);
    CHECK(errno == 0);

    WRONG(amqp_messenger_signer_new(config, AMQP_MESSENGER_SINGLE, NULL, NULL), "out: is NULL");
    WRONG(amqp_messenger_signer_new(config, 7, NULL, &signer), "signer_type: is 7");
    WRONG(amqp_messenger_signer_new(config, AMQP_MESSENGER_SINGLE, "\xff", &signer), "requester: is not UTF-8");
    signer = (amqp_messenger_signer *)&signer;
    CHECK(amqp_messenger_signer_new("/nowhere.yaml", AMQP_MESSENGER_SINGLE, NULL, &signer) == AMQP_MESSENGER_CONFIG);
    CHECK(signer == NULL);
    SAYS("/nowhere.yaml: cannot read the configuration");
    /* HOME is a folder without one. */
    CHECK(amqp_messenger_signer_new(NULL, AMQP_MESSENGER_SINGLE, NULL, &signer) == AMQP_MESSENGER_CONFIG);
    SAYS(".config/pubtools-sign/conf.yaml");
    signer = load(config, AMQP_MESSENGER_SINGLE, NULL);
    WRONG(amqp_messenger_signer_set_interrupt(NULL, interrupt), "signer: is NULL");
    WRONG(amqp_messenger_signer_set_interrupt(signer, NULL), "interrupt: is NULL");
    WRONG(amqp_messenger_signer_set_trace(NULL, TRACE, NULL), "signer: is NULL");
    WRONG(amqp_messenger_signer_set_trace(signer, NULL, NULL), "traceparent: is NULL");
    WRONG(amqp_messenger_signer_set_trace(signer, "00-1-2-01", NULL), "traceparent: \"00-1-2-01\" is malformed");
    WRONG(amqp_messenger_signer_set_trace(signer, TRACE, "a=\n"), "tracestate: holds '\\n'");

    WRONG(amqp_messenger_settings_new(AMQP_MESSENGER_SINGLE, NULL), "out: is NULL");
    WRONG(amqp_messenger_settings_new(2, &settings), "signer_type: is 2");
    GOOD(amqp_messenger_settings_new(AMQP_MESSENGER_SINGLE, &settings));
    WRONG(amqp_messenger_settings_set(NULL, "timeout", "1"), "settings: is NULL");
    WRONG(amqp_messenger_settings_set(settings, NULL, "1"), "key: is NULL");
    WRONG(amqp_messenger_settings_set(settings, "timeout", NULL), "value: is NULL");
    WRONG(amqp_messenger_settings_add_key_alias(NULL, "a", "1"), "settings: is NULL");
    WRONG(amqp_messenger_settings_add_key_alias(settings, NULL, "1"), "alias: is NULL");
    WRONG(amqp_messenger_settings_add_key_alias(settings, "a", NULL), "id: is NULL");
    GOOD(amqp_messenger_settings_set(settings, "tiemout", "1"));
    WRONG(amqp_messenger_signer_new_with_settings(NULL, NULL, &other), "settings: is NULL");
    WRONG(amqp_messenger_signer_new_with_settings(settings, NULL, NULL), "out: is NULL");
    CHECK(amqp_messenger_signer_new_with_settings(settings, NULL, &other) == AMQP_MESSENGER_CONFIG);
    CHECK(other == NULL);
    SAYS("settings.tiemout: unknown key; did you mean timeout?");
    amqp_messenger_settings_free(settings);
    amqp_messenger_settings_free(NULL);

    WRONG(amqp_messenger_keyring_load(NULL, &keyring), "path: is NULL");
    WRONG(amqp_messenger_keyring_load("/none", NULL), "out: is NULL");
    CHECK(amqp_messenger_keyring_load("/none/keys.asc", &keyring) == AMQP_MESSENGER_CONFIG);
    SAYS("/none/keys.asc: cannot read the OpenPGP certificates");
    CHECK(amqp_messenger_keyring_load(config, &keyring) == AMQP_MESSENGER_CONFIG);
    SAYS("has no OpenPGP certificate");
    CHECK(keyring == NULL);
    WRONG(amqp_messenger_signer_set_keyring(NULL, keyring), "signer: is NULL");
    amqp_messenger_keyring_free(NULL);

    WRONG(amqp_messenger_operation_container(NULL, &images), "task_id: is NULL");
    WRONG(amqp_messenger_operation_container("1", NULL), "out: is NULL");
    WRONG(amqp_messenger_operation_clear("\xc3", &texts), "task_id: is not UTF-8");
    WRONG(amqp_messenger_operation_clear("a*", &texts), "task_id: holds '*'");
    GOOD(amqp_messenger_operation_container("1", &images));
    GOOD(amqp_messenger_operation_clear("1", &texts));
    GOOD(amqp_messenger_operation_blob("1", &blobs));
    WRONG(amqp_messenger_operation_add_key(NULL, "K", NULL), "operation: is NULL");
    WRONG(amqp_messenger_operation_add_key(images, NULL, NULL), "id: is NULL");
    WRONG(amqp_messenger_operation_add_key(images, " ", NULL), "key: is empty");
    WRONG(amqp_messenger_operation_add_key(texts, "K", "name"), "name: is set");
    WRONG(amqp_messenger_operation_add_image(NULL, DIGEST, "r/one:1"), "operation: is NULL");
    WRONG(amqp_messenger_operation_add_image(images, NULL, "r/one:1"), "digest: is NULL");
    WRONG(amqp_messenger_operation_add_image(images, DIGEST, NULL), "reference: is NULL");
    WRONG(amqp_messenger_operation_add_image(images, "", "r/one:1"), "digest: is empty");
    WRONG(amqp_messenger_operation_add_image(images, "null", "r/one:1"), "digest: is \"null\": expected sha256: and 64 hex digits");
    WRONG(amqp_messenger_operation_add_image(images, DIGEST, "docker://r/one:1"), "begins with a scheme");
    WRONG(amqp_messenger_operation_add_image(images, DIGEST, "one:1"), "reference: \"one:1\" names no repository");
    WRONG(amqp_messenger_operation_add_image(blobs, DIGEST, "r/one:1"), "signs no container images");
    WRONG(amqp_messenger_operation_add_data(NULL, "a", 1), "operation: is NULL");
    WRONG(amqp_messenger_operation_add_data(blobs, NULL, 1), "data: is NULL");
    WRONG(amqp_messenger_operation_add_data(blobs, "a", (size_t)-1), "length: is larger than memory");
    WRONG(amqp_messenger_operation_add_data(images, "a", 1), "signs container images, not data");
    WRONG(amqp_messenger_operation_add_file(NULL, config), "operation: is NULL");
    WRONG(amqp_messenger_operation_add_file(blobs, NULL), "path: is NULL");
    CHECK(amqp_messenger_operation_add_file(blobs, "/nowhere") == AMQP_MESSENGER_NO_INPUT);
    SAYS("/nowhere: cannot read the input: No such file");
    WRONG(amqp_messenger_operation_set_repo(NULL, "r"), "operation: is NULL");
    WRONG(amqp_messenger_operation_set_repo(texts, NULL), "repo: is NULL");
    WRONG(amqp_messenger_operation_set_repo(blobs, "r"), "signs no texts");

    WRONG(amqp_messenger_run_new(NULL, images, &run), "signer: is NULL");
    WRONG(amqp_messenger_run_new(signer, none, &run), "operation: is NULL");
    WRONG(amqp_messenger_run_new(signer, images, NULL), "out: is NULL");
    WRONG(amqp_messenger_run_new(signer, images, &run), "images: nothing to sign");
    GOOD(amqp_messenger_operation_add_image(images, DIGEST, "r/one:1"));
    WRONG(amqp_messenger_run_new(signer, images, &run), "keys: none given");
    CHECK(run == NULL);
    GOOD(amqp_messenger_operation_add_key(images, "K", "name"));
    GOOD(amqp_messenger_run_new(signer, images, &run));

    CHECK(amqp_messenger_run_count(NULL) == 0);
    CHECK(amqp_messenger_run_count(run) == 1);
    CHECK(amqp_messenger_run_item(NULL, 0) == NULL);
    CHECK(amqp_messenger_run_item(run, 1) == NULL);
    SAYS("index: is beyond the last");
    item = amqp_messenger_run_item(run, 0);
    CHECK(item && item == amqp_messenger_run_item(run, 0));
    CHECK(amqp_messenger_item_state(item) == AMQP_MESSENGER_NOT_SENT);
    CHECK(amqp_messenger_item_status(item) == AMQP_MESSENGER_UNANSWERED);
    CHECK(strcmp(amqp_messenger_item_subject(item), "r/one:1 " DIGEST " key K (name)") == 0);
    CHECK(strcmp(amqp_messenger_item_error(item), "not sent") == 0);
    CHECK(strlen(amqp_messenger_item_request_id(item)) == 36);
    CHECK(amqp_messenger_item_reply(item) == NULL);
    CHECK(amqp_messenger_item_value_count(item) == 1);
    CHECK(strcmp(amqp_messenger_item_value(item, 0), "") == 0);
    CHECK(amqp_messenger_item_value(item, 1) == NULL);
    CHECK(strcmp(amqp_messenger_item_value_digest(item, 0), DIGEST) == 0);
    CHECK(strcmp(amqp_messenger_item_value_reference(item, 0), "r/one:1") == 0);
    CHECK(strcmp(amqp_messenger_item_value_key(item, 0), "K") == 0);
    CHECK(strcmp(amqp_messenger_item_value_key_name(item, 0), "name") == 0);
    CHECK(amqp_messenger_item_value_digest(item, 1) == NULL);
    CHECK(amqp_messenger_item_value_key(NULL, 0) == NULL);
    CHECK(amqp_messenger_run_value_count(NULL) == 0);
    CHECK(amqp_messenger_run_value_count(run) == 1);
    CHECK(amqp_messenger_run_value(run, 0, NULL) == NULL);
    SAYS("value: is NULL");
    CHECK(amqp_messenger_run_value(NULL, 0, &value) == NULL);
    CHECK(amqp_messenger_run_value(run, 1, &value) == NULL);
    SAYS("index: is beyond the last");
    CHECK(amqp_messenger_run_value(run, 0, &value) == item && value == 0);
    CHECK(amqp_messenger_item_state(NULL) == -1);
    CHECK(amqp_messenger_item_status(NULL) == AMQP_MESSENGER_USAGE);
    CHECK(amqp_messenger_item_subject(NULL) == NULL);
    CHECK(amqp_messenger_item_error(NULL) == NULL);
    CHECK(amqp_messenger_item_request_id(NULL) == NULL);
    CHECK(amqp_messenger_item_reply(NULL) == NULL);
    CHECK(amqp_messenger_item_value(NULL, 0) == NULL);
    CHECK(amqp_messenger_item_value_count(NULL) == 0);
    SAYS("item: is NULL");
    WRONG(amqp_messenger_sign(NULL, run), "signer: is NULL");
    WRONG(amqp_messenger_sign(signer, NULL), "run: is NULL");

    /* Errors are each thread's own. */
    CHECK(pthread_create(&thread, NULL, another_thread, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    SAYS("run: is NULL");

    amqp_messenger_run_free(NULL);
    amqp_messenger_signer_free(NULL);
    amqp_messenger_operation_free(NULL);
    amqp_messenger_interrupt_free(NULL);
    amqp_messenger_operation_free(images);
    amqp_messenger_operation_free(texts);
    amqp_messenger_operation_free(blobs);
    amqp_messenger_signer_free(signer);
    amqp_messenger_interrupt_free(interrupt);
    /* The run needs neither operation nor signer any more. */
    CHECK(strcmp(amqp_messenger_item_subject(item), "r/one:1 " DIGEST " key K (name)") == 0);
    amqp_messenger_run_free(run);
}

static void count_line(int level, const char *message, void *user_data)
{
    CHECK(level >= AMQP_MESSENGER_LOG_ERROR && level <= AMQP_MESSENGER_LOG_INFO);
    CHECK(strlen(message) > 0);
    ++*(int *)user_data;
}

/* What the values are of, in the order of the input. */
static void print_values(const amqp_messenger_run *run)
{
    size_t index, value = 0;

    for (index = 0; index < amqp_messenger_run_value_count(run); index++) {
        const amqp_messenger_item *item = amqp_messenger_run_value(run, index, &value);
        const char *reference = amqp_messenger_item_value_reference(item, value);

        CHECK(strlen(amqp_messenger_item_value(item, value)) > 0);
        CHECK((reference != NULL) == (amqp_messenger_item_value_digest(item, value) != NULL));
        if (reference)
            printf("%s %s: %s\n", reference, amqp_messenger_item_value_key_name(item, value),
                   amqp_messenger_item_value(item, value));
    }
}

/* Signs, frees all but the run, and prints each item: subject, then its values. */
static void sign(amqp_messenger_signer *signer, amqp_messenger_operation *operation)
{
    amqp_messenger_run *run = NULL;
    size_t index, value;

    GOOD(amqp_messenger_run_new(signer, operation, &run));
    amqp_messenger_operation_free(operation);
    GOOD(amqp_messenger_sign(signer, run));
    /* Every request has its reply. */
    GOOD(amqp_messenger_sign(signer, run));
    amqp_messenger_signer_free(signer);
    CHECK(amqp_messenger_run_count(run) > 0);
    for (index = 0; index < amqp_messenger_run_count(run); index++) {
        const amqp_messenger_item *item = amqp_messenger_run_item(run, index);

        CHECK(amqp_messenger_item_state(item) == AMQP_MESSENGER_ANSWERED);
        CHECK(amqp_messenger_item_status(item) == AMQP_MESSENGER_OK);
        CHECK(amqp_messenger_item_error(item) == NULL);
        CHECK(strncmp(amqp_messenger_item_reply(item), "[{\"", 3) == 0);
        CHECK(strstr(amqp_messenger_item_reply(item), amqp_messenger_item_request_id(item)));
        printf("%s:", amqp_messenger_item_subject(item));
        for (value = 0; value < amqp_messenger_item_value_count(item); value++)
            printf(" %s", amqp_messenger_item_value(item, value));
        printf("\n");
    }
    print_values(run);
    amqp_messenger_run_free(run);
}

/* Two texts and a file with two keys, two blobs, and a batch of three images of two repositories with two named keys. */
static void operations(const char *config)
{
    amqp_messenger_operation *operation = NULL;
    int lines = 0, before;

    GOOD(amqp_messenger_set_log(AMQP_MESSENGER_LOG_INFO, count_line, &lines));
    GOOD(amqp_messenger_operation_clear("7", &operation));
    GOOD(amqp_messenger_operation_add_key(operation, "ABCD1234", NULL));
    GOOD(amqp_messenger_operation_add_key(operation, "EFGH5678", NULL));
    GOOD(amqp_messenger_operation_add_data(operation, "hello", 5));
    GOOD(amqp_messenger_operation_add_file(operation, config));
    GOOD(amqp_messenger_operation_set_repo(operation, "ns/repo"));
    sign(load(config, AMQP_MESSENGER_SINGLE, "builder"), operation);
    CHECK(lines > 0);

    GOOD(amqp_messenger_set_log(AMQP_MESSENGER_LOG_INFO, NULL, NULL));
    before = lines;
    GOOD(amqp_messenger_operation_blob("7", &operation));
    GOOD(amqp_messenger_operation_add_key(operation, "ABCD1234", "name"));
    GOOD(amqp_messenger_operation_add_data(operation, "\0\xff", 2));
    GOOD(amqp_messenger_operation_add_data(operation, NULL, 0));
    sign(load(config, AMQP_MESSENGER_SINGLE, NULL), operation);
    CHECK(lines == before);

    GOOD(amqp_messenger_operation_container("7", &operation));
    GOOD(amqp_messenger_operation_add_key(operation, "ABCD1234", "one"));
    GOOD(amqp_messenger_operation_add_key(operation, "EFGH5678", "two"));
    GOOD(amqp_messenger_operation_add_image(operation, DIGEST, "r/one:1"));
    GOOD(amqp_messenger_operation_add_image(operation, DIGEST, "r/two:1"));
    GOOD(amqp_messenger_operation_add_image(operation, DIGEST, "r/one:2"));
    sign(load(config, AMQP_MESSENGER_BATCH, NULL), operation);
}

/* Signs without a file: the settings are words such as timeout=60, and the key is an alias. */
static void settings(char **words)
{
    amqp_messenger_settings *settings = NULL;
    amqp_messenger_keyring *keyring = NULL;
    amqp_messenger_signer *signer = NULL;
    amqp_messenger_operation *operation = NULL;

    GOOD(amqp_messenger_settings_new(AMQP_MESSENGER_SINGLE, &settings));
    for (; *words; words++) {
        char *value = strchr(*words, '=');

        *value++ = '\0';
        if (strcmp(*words, "verify_keys") == 0)
            GOOD(amqp_messenger_keyring_load(value, &keyring));
        GOOD(amqp_messenger_settings_set(settings, *words, value));
    }
    GOOD(amqp_messenger_settings_add_key_alias(settings, "release", "ABCD1234"));
    GOOD(amqp_messenger_signer_new_with_settings(settings, "builder", &signer));
    amqp_messenger_settings_free(settings);
    WRONG(amqp_messenger_signer_set_keyring(signer, NULL), "keyring: is NULL");
    GOOD(amqp_messenger_signer_set_keyring(signer, keyring));
    amqp_messenger_keyring_free(keyring);
    GOOD(amqp_messenger_signer_set_trace(signer, TRACE, NULL));
    GOOD(amqp_messenger_signer_set_trace(signer, TRACE, "a=b"));
    GOOD(amqp_messenger_operation_blob("7", &operation));
    GOOD(amqp_messenger_operation_add_key(operation, "release", NULL));
    GOOD(amqp_messenger_operation_add_data(operation, "a", 1));
    sign(signer, operation);
}

struct task {
    const amqp_messenger_signer *signer;
    char id[2];
    pthread_t thread;
};

static void *do_task(void *argument)
{
    const struct task *task = argument;
    amqp_messenger_operation *operation = NULL;
    amqp_messenger_run *run = NULL;

    GOOD(amqp_messenger_operation_blob(task->id, &operation));
    GOOD(amqp_messenger_operation_add_key(operation, "ABCD1234", NULL));
    GOOD(amqp_messenger_operation_add_data(operation, task->id, 1));
    GOOD(amqp_messenger_run_new(task->signer, operation, &run));
    GOOD(amqp_messenger_sign(task->signer, run));
    amqp_messenger_run_free(run);
    amqp_messenger_operation_free(operation);
    return NULL;
}

/* Threads share a signer. Each has its own task id, and so receives replies from its own address. */
static void threads(const char *config)
{
    amqp_messenger_signer *signer = load(config, AMQP_MESSENGER_SINGLE, NULL);
    struct task tasks[4];
    size_t index;

    for (index = 0; index < 4; index++) {
        tasks[index].signer = signer;
        tasks[index].id[0] = (char)('a' + index);
        tasks[index].id[1] = '\0';
        CHECK(pthread_create(&tasks[index].thread, NULL, do_task, &tasks[index]) == 0);
    }
    for (index = 0; index < 4; index++)
        CHECK(pthread_join(tasks[index].thread, NULL) == 0);
    amqp_messenger_signer_free(signer);
}

/* From now on poll(2) fails. */
static void spoil_poll(int level, const char *message, void *user_data)
{
    struct rlimit limit;

    (void)level;
    if (strncmp(message, "cycle 1 ", 8) == 0) {
        CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
        limit.rlim_cur = 1;
        CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        ++*(int *)user_data;
    }
}

/* A system call that fails in the middle of a run ends it with a status, and the handles can be freed. */
static void failing_poll(const char *config)
{
    amqp_messenger_signer *signer = load(config, AMQP_MESSENGER_SINGLE, NULL);
    amqp_messenger_operation *operation = NULL;
    amqp_messenger_run *run = NULL;
    int spoilt = 0;

    GOOD(amqp_messenger_set_log(AMQP_MESSENGER_LOG_INFO, spoil_poll, &spoilt));
    GOOD(amqp_messenger_operation_blob("7", &operation));
    GOOD(amqp_messenger_operation_add_key(operation, "ABCD1234", NULL));
    GOOD(amqp_messenger_operation_add_data(operation, "a", 1));
    GOOD(amqp_messenger_run_new(signer, operation, &run));
    CHECK(amqp_messenger_sign(signer, run) == AMQP_MESSENGER_LOCAL_FILE);
    SAYS("cannot wait with poll(2)");
    CHECK(spoilt == 1);
    amqp_messenger_run_free(run);
    amqp_messenger_operation_free(operation);
    amqp_messenger_signer_free(signer);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 3);
    if (strcmp(argv[1], "misuse") == 0)
        misuse(argv[2]);
    else if (strcmp(argv[1], "operations") == 0)
        operations(argv[2]);
    else if (strcmp(argv[1], "settings") == 0)
        settings(argv + 2);
    else if (strcmp(argv[1], "threads") == 0)
        threads(argv[2]);
    else if (strcmp(argv[1], "failing-poll") == 0)
        failing_poll(argv[2]);
    else
        fail(__LINE__, "no such part");
    return 0;
}
