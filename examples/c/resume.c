/* Signs files with a state file, and goes on from there when it is started again: whatever ended it, nothing that is signed
 * is asked for again. Prints a line for each reply when it comes, and how many files are signed at the end.
 *
 *     resume STATE CONFIG KEY TASK-ID FILE...
 *
 * The exit status is the library's.
 */
#include <amqp_messenger.h>

#include <stdio.h>

static void on_notice(const amqp_messenger_notice *notice, void *user_data)
{
    if (notice->kind == AMQP_MESSENGER_NOTICE_CYCLE)
        fprintf(stderr, "cycle %u of %u: %lu open\n", (unsigned)notice->number, (unsigned)notice->of,
                (unsigned long)notice->open);
    if (notice->kind == AMQP_MESSENGER_NOTICE_REPLY) {
        ++*(unsigned *)user_data;
        printf("request %lu: a reply of %lu bytes\n", (unsigned long)notice->index,
               (unsigned long)notice->body_length);
    }
}

/* Called before the broker learns of replies: from then on the lines above are not only in this process. */
static int on_secure(void *user_data)
{
    (void)user_data;
    return fflush(stdout) == 0 ? 0 : 5; /* EIO */
}

int main(int argc, char **argv)
{
    amqp_messenger_signer *signer = NULL;
    amqp_messenger_operation *operation = NULL;
    amqp_messenger_run *run = NULL;
    unsigned replies = 0;
    amqp_messenger_observer observer;
    int status, index;

    if (argc < 6) {
        fprintf(stderr, "usage: resume STATE CONFIG KEY TASK-ID FILE...\n");
        return AMQP_MESSENGER_USAGE;
    }
    observer.notice = on_notice;
    observer.secure = on_secure;
    observer.user_data = &replies;
    status = amqp_messenger_signer_new(argv[2], AMQP_MESSENGER_SINGLE, NULL, &signer);
    if (status == AMQP_MESSENGER_OK)
        status = amqp_messenger_operation_blob(argv[4], &operation);
    if (status == AMQP_MESSENGER_OK)
        status = amqp_messenger_operation_add_key(operation, argv[3], NULL);
    for (index = 5; status == AMQP_MESSENGER_OK && index < argc; index++)
        status = amqp_messenger_operation_add_file(operation, argv[index]);
    if (status == AMQP_MESSENGER_OK)
        status = amqp_messenger_run_new_with_state(signer, operation, argv[1], &run);
    if (status == AMQP_MESSENGER_OK)
        status = amqp_messenger_sign_observed(signer, run, &observer);
    if (status == AMQP_MESSENGER_OK)
        printf("%u files are signed\n", replies);
    else
        fprintf(stderr, "resume: %s\n", amqp_messenger_last_error());
    amqp_messenger_run_free(run);
    amqp_messenger_operation_free(operation);
    amqp_messenger_signer_free(signer);
    return status;
}
