/* Signs container images and prints the signed values, base64, one a line; an empty line for a missing one.
 *
 *     sign CONFIG KEY TASK-ID DIGEST REFERENCE [DIGEST REFERENCE]...
 *
 * The exit status is the library's. SIGINT and SIGTERM end the wait, and what was received is printed.
 */
#include <amqp_messenger.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static amqp_messenger_interrupt *interrupt;

static void on_signal(int signal)
{
    (void)signal;
    amqp_messenger_interrupt_raise(interrupt);
}

static void handle(int signal, void (*handler)(int))
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigaction(signal, &action, NULL);
}

static void on_log(int level, const char *message, void *user_data)
{
    static const char *const names[] = {"", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"};

    fprintf(user_data, "%-5s %s\n", names[level], message);
}

static int prepare(char **arguments, amqp_messenger_signer **signer, amqp_messenger_run **run)
{
    amqp_messenger_operation *operation = NULL;
    int status = amqp_messenger_signer_new(arguments[0], AMQP_MESSENGER_SINGLE, NULL, signer);

    if (status == AMQP_MESSENGER_OK)
        status = amqp_messenger_interrupt_new(&interrupt);
    if (status == AMQP_MESSENGER_OK)
        status = amqp_messenger_signer_set_interrupt(*signer, interrupt);
    if (status == AMQP_MESSENGER_OK)
        status = amqp_messenger_operation_container(arguments[2], &operation);
    if (status == AMQP_MESSENGER_OK)
        status = amqp_messenger_operation_add_key(operation, arguments[1], NULL);
    for (arguments += 3; status == AMQP_MESSENGER_OK && arguments[0]; arguments += 2)
        status = amqp_messenger_operation_add_image(operation, arguments[0], arguments[1]);
    if (status == AMQP_MESSENGER_OK)
        status = amqp_messenger_run_new(*signer, operation, run);
    amqp_messenger_operation_free(operation);
    return status;
}

static void print(const amqp_messenger_run *run)
{
    size_t index, value;

    for (index = 0; index < amqp_messenger_run_value_count(run); index++) {
        const amqp_messenger_item *item = amqp_messenger_run_value(run, index, &value);
        const char *error = amqp_messenger_item_error(item);

        printf("%s\n", amqp_messenger_item_value(item, value));
        if (error)
            fprintf(stderr, "sign: %s: %s\n", amqp_messenger_item_subject(item), error);
    }
}

int main(int argc, char **argv)
{
    amqp_messenger_signer *signer = NULL;
    amqp_messenger_run *run = NULL;
    int status;

    if (argc < 6 || argc % 2 != 0) {
        fprintf(stderr, "usage: sign CONFIG KEY TASK-ID DIGEST REFERENCE [DIGEST REFERENCE]...\n");
        return AMQP_MESSENGER_USAGE;
    }
    amqp_messenger_set_log(AMQP_MESSENGER_LOG_INFO, on_log, stderr);
    status = prepare(argv + 1, &signer, &run);
    if (status == AMQP_MESSENGER_OK) {
        handle(SIGINT, on_signal);
        handle(SIGTERM, on_signal);
        status = amqp_messenger_sign(signer, run);
        handle(SIGINT, SIG_DFL);
        handle(SIGTERM, SIG_DFL);
        print(run);
    }
    if (status != AMQP_MESSENGER_OK)
        fprintf(stderr, "sign: %s\n", amqp_messenger_last_error());
    amqp_messenger_run_free(run);
    amqp_messenger_interrupt_free(interrupt);
    amqp_messenger_signer_free(signer);
    return status;
}
