/* The C interface of amqp_messenger: sends signing requests to a broker, over AMQP 1.0 or MQTT 5, and waits for the signed replies.
 *
 * Made from capi/ by `make header`; do not edit.
 *
 * The usual path: amqp_messenger_signer_new, amqp_messenger_operation_container (or _clear, _blob) and the functions
 * that add keys and items to it, amqp_messenger_run_new, amqp_messenger_sign, then amqp_messenger_run_item for each
 * request. examples/c/sign.c is a complete program.
 *
 * Status. A function that returns int returns one of amqp_messenger_status unless it says otherwise. If that is not
 * AMQP_MESSENGER_OK, amqp_messenger_last_error returns the reason. An argument that is wrong (also NULL, out of range or
 * not UTF-8) gives AMQP_MESSENGER_USAGE, or the NULL, 0 or -1 that the function names.
 *
 * Ownership. The caller owns what a function returns through `out`, and frees it once, with the _free function of its
 * type; if the function fails, that is NULL. Everything else that is returned belongs to the handle that it was read
 * from, and is not freed. Arguments are copied. No handle depends on another one.
 *
 * Strings end with a NUL. They are UTF-8; paths are bytes, as the system has them.
 *
 * Threads. Any handle may be used on any thread. A function that takes a handle as const may run on several threads at
 * once with the same handle; if the handle is not const, no other thread may use it at the same time. So threads may
 * share a signer, each with its own run. Runs at the same time need task ids of their own: those that listen to one
 * address (topic_listen_to) take each other's replies, whatever thread, process or host they are in. Between calls
 * nothing runs, except a look-up of a host name that the system has not finished by its deadline. The library sets no
 * signal handler, and a broker that hangs up raises no SIGPIPE.
 *
 * No panic and no exception leaves this library. */


#ifndef AMQP_MESSENGER_H
#define AMQP_MESSENGER_H

#include <stddef.h>
#include <stdint.h>

/**
 * The statuses that functions return; they are the exit statuses of the command.
 */
typedef enum {
  /**
   * Done; of a run: everything asked for is signed.
   */
  AMQP_MESSENGER_OK = 0,
  /**
   * The signing server refused at least one item.
   */
  AMQP_MESSENGER_REFUSED = 1,
  /**
   * An argument or the operation is wrong; nothing was sent.
   */
  AMQP_MESSENGER_USAGE = 2,
  /**
   * A reply names a request, but has neither a signed value nor an error, or its value cannot be used or is not verified.
   */
  AMQP_MESSENGER_BAD_REPLY = 65,
  /**
   * An input file is missing or unreadable.
   */
  AMQP_MESSENGER_NO_INPUT = 66,
  /**
   * No connection could be opened to any broker.
   */
  AMQP_MESSENGER_UNREACHABLE = 69,
  /**
   * A defect of this library. The handles of the call may only be freed.
   */
  AMQP_MESSENGER_INTERNAL = 70,
  /**
   * The state file cannot be read or written, or the operating system refuses what the process needs, such as a file
   * descriptor.
   */
  AMQP_MESSENGER_LOCAL_FILE = 74,
  /**
   * Some requests stayed unanswered or undelivered, or another process or run uses the state file.
   */
  AMQP_MESSENGER_UNANSWERED = 75,
  /**
   * TLS failed, or the broker refused the client: certificate, authorisation, address.
   */
  AMQP_MESSENGER_NOT_PERMITTED = 77,
  /**
   * The configuration, a certificate file or the state file is wrong.
   */
  AMQP_MESSENGER_CONFIG = 78,
  /**
   * The deadline of the whole run has passed.
   */
  AMQP_MESSENGER_DEADLINE = 124,
  /**
   * The interrupt was raised.
   */
  AMQP_MESSENGER_INTERRUPTED = 130,
} amqp_messenger_status;

/**
 * How much is logged, and how severe a line is.
 */
typedef enum {
  /**
   * Nothing.
   */
  AMQP_MESSENGER_LOG_OFF = 0,
  /**
   * What went wrong.
   */
  AMQP_MESSENGER_LOG_ERROR = 1,
  /**
   * What may go wrong, or is unsafe.
   */
  AMQP_MESSENGER_LOG_WARNING = 2,
  /**
   * What happens, and how long it may take.
   */
  AMQP_MESSENGER_LOG_INFO = 3,
  /**
   * Connects, cycles and windows.
   */
  AMQP_MESSENGER_LOG_DEBUG = 4,
  /**
   * The requests themselves.
   */
  AMQP_MESSENGER_LOG_TRACE = 5,
} amqp_messenger_log_level;

/**
 * Which section of the configuration a signer reads.
 */
typedef enum {
  /**
   * One request for each item and key; section msg_signer.
   */
  AMQP_MESSENGER_SINGLE = 0,
  /**
   * Many images in a request; section msg_batch_signer.
   */
  AMQP_MESSENGER_BATCH = 1,
} amqp_messenger_signer_type;

/**
 * How far a request got.
 */
typedef enum {
  /**
   * It was not sent.
   */
  AMQP_MESSENGER_NOT_SENT = 0,
  /**
   * It was sent, and the broker has not confirmed it.
   */
  AMQP_MESSENGER_SENT = 1,
  /**
   * The broker has accepted it; no reply has come.
   */
  AMQP_MESSENGER_ACCEPTED = 2,
  /**
   * The broker returned it; signing the run again sends it again.
   */
  AMQP_MESSENGER_RETURNED = 3,
  /**
   * The broker does not accept it; signing again does not help.
   */
  AMQP_MESSENGER_UNDELIVERABLE = 4,
  /**
   * A reply has come.
   */
  AMQP_MESSENGER_ANSWERED = 5,
  /**
   * A reply has come that was longer than max_message_size, and was rejected.
   */
  AMQP_MESSENGER_REPLY_TOO_LARGE = 6,
} amqp_messenger_state;

/**
 * What a notice is about.
 */
typedef enum {
  /**
   * A cycle begins: every open request is to be sent. `number`, `of` and `open` are set.
   */
  AMQP_MESSENGER_NOTICE_CYCLE = 0,
  /**
   * A window of the cycle begins: a wait for replies. `number`, `of` and `open` are set.
   */
  AMQP_MESSENGER_NOTICE_WINDOW = 1,
  /**
   * A request was handed over to the connection. `index` and `state` are set.
   */
  AMQP_MESSENGER_NOTICE_SENT = 2,
  /**
   * The broker disposed of a request. `index` and `state` are set.
   */
  AMQP_MESSENGER_NOTICE_OUTCOME = 3,
  /**
   * A reply has come; the broker does not know yet that the client has it. With a state file, the requests that were signed
   * before are reported so at the beginning. `index`, `state`, `body` and `body_length` are set.
   */
  AMQP_MESSENGER_NOTICE_REPLY = 4,
} amqp_messenger_notice_kind;

/**
 * Ends runs from outside; once raised, it stays raised.
 */
typedef struct amqp_messenger_interrupt amqp_messenger_interrupt;

/**
 * One request of a run: for one item with one key, or in a batch for many images.
 */
typedef struct amqp_messenger_item amqp_messenger_item;

/**
 * OpenPGP certificates, by which signed values are verified.
 */
typedef struct amqp_messenger_keyring amqp_messenger_keyring;

/**
 * Something to sign: container images, texts or blobs.
 */
typedef struct amqp_messenger_operation amqp_messenger_operation;

/**
 * The requests of an operation, and what is known of each.
 */
typedef struct amqp_messenger_run amqp_messenger_run;

/**
 * Settings that are made key by key, instead of a configuration file.
 */
typedef struct amqp_messenger_settings amqp_messenger_settings;

/**
 * A configuration with its certificates and secrets, ready to sign.
 */
typedef struct amqp_messenger_signer amqp_messenger_signer;

/**
 * Receives one line of the log and its level, one of amqp_messenger_log_level. The line has no line end and is valid
 * only during the call.
 */
typedef void (*amqp_messenger_log_callback)(int level, const char *message, void *user_data);

/**
 * Something that happened in a run. What is not set is 0.
 */
typedef struct {
  /**
   * One of amqp_messenger_notice_kind; later versions may have more.
   */
  int kind;
  /**
   * The number of the cycle, or of the window in its cycle, from 1.
   */
  uint32_t number;
  /**
   * How many of these there are at most.
   */
  uint32_t of;
  /**
   * How many requests are open.
   */
  size_t open;
  /**
   * The number of the request, as for amqp_messenger_run_item.
   */
  size_t index;
  /**
   * How far the request got, one of amqp_messenger_state.
   */
  int state;
  /**
   * The reply by itself, JSON text as in the document, without a NUL at its end; valid only during the call.
   */
  const char *body;
  /**
   * The number of its bytes.
   */
  size_t body_length;
} amqp_messenger_notice;

/**
 * Functions that are called during a run, on its thread. Each holds up the run for as long as it takes. They must not
 * throw, longjmp or use the run.
 */
typedef struct {
  /**
   * Receives each notice, which is valid only during the call; NULL for none.
   */
  void (*notice)(const amqp_messenger_notice *notice, void *user_data);
  /**
   * Makes sure that nothing is lost of what was noticed, whatever becomes of the process; NULL for none.
   *
   * It is called before the first request is sent, and again before the broker learns that replies have come: for
   * several at once. Returns 0, or else an error number (errno), which ends the run with AMQP_MESSENGER_LOCAL_FILE: the
   * replies since the last call stay at the broker, and in the run.
   */
  int (*secure)(void *user_data);
  /**
   * Passed to both.
   */
  void *user_data;
} amqp_messenger_observer;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the version of this library, such as "0.1.0". The string is valid forever.
 */
const char *amqp_messenger_version(void);

/**
 * Returns the reason of the last failure on this thread: one clause in UTF-8, without a line end.
 *
 * Never NULL; empty if no call has failed. The string is valid until the next call of this library on this
 * thread, or until the thread ends. Calls that succeed do not change the text.
 */
const char *amqp_messenger_last_error(void);

/**
 * Passes every line of the log up to `level`, one of amqp_messenger_log_level, to `callback`, for the whole process;
 * NULL as the callback ends that. Nothing is logged before. The configuration's log_level is ignored.
 *
 * The callback runs on the threads that call this library, on several at once if several do, and gets `user_data`.
 * It must not throw, longjmp or call this library. It may still be running on another thread when this function
 * returns.
 */
int amqp_messenger_set_log(int level, amqp_messenger_log_callback callback, void *user_data);

/**
 * Makes an interrupt that is not raised. It takes two file descriptors. Free it with
 * amqp_messenger_interrupt_free.
 *
 * Returns AMQP_MESSENGER_LOCAL_FILE if the process has no descriptors left.
 */
int amqp_messenger_interrupt_new(amqp_messenger_interrupt **out);

/**
 * Raises the interrupt: amqp_messenger_sign then returns AMQP_MESSENGER_INTERRUPTED, at once if it is waiting, or
 * else as soon as it would wait.
 *
 * May be called from a signal handler and from any thread, any number of times: it is one write(2), takes no lock,
 * allocates nothing and does not change errno or the last error. NULL is ignored.
 */
void amqp_messenger_interrupt_raise(const amqp_messenger_interrupt *interrupt);

/**
 * Frees an interrupt; NULL is ignored. Signers that it was set for are not affected. Nothing may raise it any more:
 * remove signal handlers first.
 */
void amqp_messenger_interrupt_free(amqp_messenger_interrupt *interrupt);

/**
 * Begins settings; what is not set has its default. `signer_type` is one of amqp_messenger_signer_type. Free them with
 * amqp_messenger_settings_free.
 */
int amqp_messenger_settings_new(int signer_type,
                                amqp_messenger_settings **out);

/**
 * Sets a key of the configuration file to a value as the file has it, such as "timeout" to "60"; ${NAME} is not
 * replaced. With "messaging_brokers" it adds one URL, with "verify_keys" one path, and with "tls_alpn" one name.
 *
 * The value is checked by amqp_messenger_signer_new_with_settings.
 */
int amqp_messenger_settings_set(amqp_messenger_settings *settings, const char *key, const char *value);

/**
 * Adds another name of a signing key (key_aliases).
 */
int amqp_messenger_settings_add_key_alias(amqp_messenger_settings *settings, const char *alias, const char *id);

/**
 * Frees settings; NULL is ignored. Signers that were made from them do not need them.
 */
void amqp_messenger_settings_free(amqp_messenger_settings *settings);

/**
 * Reads OpenPGP certificates: a file of them, armored or binary, or a folder of such files. Free the keyring with
 * amqp_messenger_keyring_free.
 *
 * Returns AMQP_MESSENGER_CONFIG if it cannot be read, or has no certificate, or one that is damaged.
 */
int amqp_messenger_keyring_load(const char *path, amqp_messenger_keyring **out);

/**
 * Frees a keyring; NULL is ignored. Signers that were given it do not need it.
 */
void amqp_messenger_keyring_free(amqp_messenger_keyring *keyring);

/**
 * Loads a configuration and the certificates and secrets that it names. Connects to nothing. Free the signer with
 * amqp_messenger_signer_free.
 *
 * `config_file` is the path of the file; NULL stands for the first of ~/.config/pubtools-sign/conf.yaml and
 * /etc/pubtools-sign/conf.yaml that exists. `signer_type` is one of amqp_messenger_signer_type. `requester` is the
 * name of the requester; NULL stands for the certificate's common name or else its user id.
 *
 * Returns AMQP_MESSENGER_CONFIG if the configuration or a file that it names is wrong, or a requester is required.
 */
int amqp_messenger_signer_new(const char *config_file,
                              int signer_type,
                              const char *requester,
                              amqp_messenger_signer **out);

/**
 * As amqp_messenger_signer_new, with settings in place of a configuration file. The settings may be used for further
 * signers, changed and freed.
 *
 * Returns AMQP_MESSENGER_CONFIG if the settings or a file that they name are wrong, or a requester is required.
 */
int amqp_messenger_signer_new_with_settings(const amqp_messenger_settings *settings,
                                            const char *requester,
                                            amqp_messenger_signer **out);

/**
 * Makes later runs of this signer end when `interrupt` is raised. It replaces an interrupt that was set before.
 */
int amqp_messenger_signer_set_interrupt(amqp_messenger_signer *signer, const amqp_messenger_interrupt *interrupt);

/**
 * Makes the signed values of operations that are prepared later with this signer be verified by these certificates, instead
 * of those of the key verify_keys. The key verify applies. A value counts only if it is a good signature, by the key that
 * was asked for, of exactly what was asked for; the item of one that does not count has the status
 * AMQP_MESSENGER_BAD_REPLY if nothing better comes.
 */
int amqp_messenger_signer_set_keyring(amqp_messenger_signer *signer,
                                      const amqp_messenger_keyring *keyring);

/**
 * Makes the requests of operations that are prepared later with this signer belong to a trace (W3C Trace Context, level 1):
 * each carries the trace's id, and a span of its own, in the application property traceparent. It replaces a trace that
 * was set before.
 *
 * `traceparent` is such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01. `tracestate` is passed on as it is; NULL
 * stands for none. Returns AMQP_MESSENGER_USAGE if one is malformed; then nothing is changed.
 */
int amqp_messenger_signer_set_trace(amqp_messenger_signer *signer,
                                    const char *traceparent,
                                    const char *tracestate);

/**
 * Frees a signer; NULL is ignored. Runs that were made with it may still be read.
 */
void amqp_messenger_signer_free(amqp_messenger_signer *signer);

/**
 * Begins an operation that signs container images for a task. Add images and keys to it, and free it with
 * amqp_messenger_operation_free.
 *
 * The task id becomes a part of an address: it is not empty and holds no wildcard (*, >, #), blank or control
 * character.
 */
int amqp_messenger_operation_container(const char *task_id, amqp_messenger_operation **out);

/**
 * Begins an operation that signs texts for a task, so that text and signature form one readable document. Add
 * data or files and keys to it, and free it with amqp_messenger_operation_free.
 */
int amqp_messenger_operation_clear(const char *task_id, amqp_messenger_operation **out);

/**
 * Begins an operation that makes detached signatures of blobs for a task. Add data or files and keys to it, and
 * free it with amqp_messenger_operation_free.
 */
int amqp_messenger_operation_blob(const char *task_id, amqp_messenger_operation **out);

/**
 * Adds a key that every item is signed with: an id, of which the last 8 characters are sent, or an alias.
 *
 * `name` is the key's name or NULL: either every key has a name or none has; the keys of texts have none.
 */
int amqp_messenger_operation_add_key(amqp_messenger_operation *operation, const char *id, const char *name);

/**
 * Adds a container image: its digest, "sha256:" and 64 hex digits, and its reference, such as "registry/repository:tag".
 */
int amqp_messenger_operation_add_image(amqp_messenger_operation *operation,
                                       const char *digest,
                                       const char *reference);

/**
 * Adds a text or a blob: `length` bytes, at most 1 GiB, which are copied. `data` may be NULL if `length` is 0.
 */
int amqp_messenger_operation_add_data(amqp_messenger_operation *operation, const void *data, size_t length);

/**
 * Adds a file as a text or a blob. Its bytes are read when its requests are sent, and must not change until then; what
 * can be read only once, such as a pipe, is read now.
 *
 * Returns AMQP_MESSENGER_NO_INPUT if it cannot be read.
 */
int amqp_messenger_operation_add_file(amqp_messenger_operation *operation,
                                      const char *path);

/**
 * Sets the repository that the texts belong to.
 */
int amqp_messenger_operation_set_repo(amqp_messenger_operation *operation, const char *repo);

/**
 * Frees an operation; NULL is ignored. Runs that were made from it do not need it.
 */
void amqp_messenger_operation_free(amqp_messenger_operation *operation);

/**
 * Checks an operation and makes its requests, each with its own id. Sends nothing. Free the run with
 * amqp_messenger_run_free.
 *
 * The operation may be used for further runs, changed and freed.
 *
 * Returns AMQP_MESSENGER_USAGE if the operation is wrong, AMQP_MESSENGER_CONFIG if no address can be formed for it.
 */
int amqp_messenger_run_new(const amqp_messenger_signer *signer,
                           const amqp_messenger_operation *operation,
                           amqp_messenger_run **out);

/**
 * As amqp_messenger_run_new, with a file that remembers the requests and their replies: whatever ends a run, it goes on
 * when the same operation is made a run with the same file. What is signed is not asked for again.
 *
 * The file is made if it is missing, and locked until the run is freed. Requests are on disk before the first is sent, and
 * replies before the broker learns that they came. If everything is signed, amqp_messenger_sign connects to nothing.
 *
 * Also returns AMQP_MESSENGER_CONFIG if the file is damaged, belongs to another operation or is no regular file,
 * AMQP_MESSENGER_UNANSWERED if another process or run has it, and AMQP_MESSENGER_LOCAL_FILE if it cannot be read or written.
 */
int amqp_messenger_run_new_with_state(const amqp_messenger_signer *signer,
                                      const amqp_messenger_operation *operation,
                                      const char *state_file,
                                      amqp_messenger_run **out);

/**
 * Connects, sends the requests that are open, and waits for their replies, on the calling thread.
 *
 * Without a reply it blocks for at most timeout x retries x send_retries seconds of the configuration, plus connecting
 * and sending, which have their own limits; each expected reply adds at most timeout. The configuration's deadline
 * limits all of it, and the signer's interrupt ends it at once.
 *
 * Returns AMQP_MESSENGER_OK if everything is signed, or else the most severe status. Whatever it returns, the items
 * hold everything that was received. Items and strings that were read from the run before are no longer valid. A run
 * may be signed again: that continues with the requests that have no reply, except those that a broker does not accept
 * (AMQP_MESSENGER_UNDELIVERABLE). Make a new run once the reason is fixed.
 */
int amqp_messenger_sign(const amqp_messenger_signer *signer,
                        amqp_messenger_run *run);

/**
 * As amqp_messenger_sign, with functions that are called while it happens; `observer` is only read.
 */
int amqp_messenger_sign_observed(const amqp_messenger_signer *signer,
                                 amqp_messenger_run *run,
                                 const amqp_messenger_observer *observer);

/**
 * Returns the number of requests of the run; 0 for NULL.
 */
size_t amqp_messenger_run_count(const amqp_messenger_run *run);

/**
 * Returns a request of the run, in the order in which they are sent: for each item, each key; batches are grouped by
 * repository, so use amqp_messenger_run_value for values in the order of the input. It is valid until the run is
 * signed again or freed. NULL if `index` is not below the count.
 */
const amqp_messenger_item *amqp_messenger_run_item(const amqp_messenger_run *run, size_t index);

/**
 * Returns the number of signed values that the run asks for: one for each item and key; 0 for NULL.
 */
size_t amqp_messenger_run_value_count(const amqp_messenger_run *run);

/**
 * Finds a signed value in the order of the input: for each item, each key. Returns the request that asks for it, and
 * stores in `value` which of its values it is, for amqp_messenger_item_value.
 *
 * An image that was added twice is asked for once, and found twice. The item is valid until the run is signed again or
 * freed. NULL if `index` is not below the count, or `value` is NULL.
 */
const amqp_messenger_item *amqp_messenger_run_value(const amqp_messenger_run *run,
                                                    size_t index,
                                                    size_t *value);

/**
 * Frees a run, its items and their strings; NULL is ignored.
 */
void amqp_messenger_run_free(amqp_messenger_run *run);

/**
 * Returns what the request asks for, in words, such as "blob 1 key 55A34A82". This string and all others of an item
 * are valid as long as the item. NULL for NULL.
 */
const char *amqp_messenger_item_subject(const amqp_messenger_item *item);

/**
 * Returns the request's id, a UUID.
 */
const char *amqp_messenger_item_request_id(const amqp_messenger_item *item);

/**
 * Returns how far the request got, one of amqp_messenger_state; -1 for NULL.
 */
int amqp_messenger_item_state(const amqp_messenger_item *item);

/**
 * Returns the result of the request: AMQP_MESSENGER_OK, AMQP_MESSENGER_REFUSED, AMQP_MESSENGER_BAD_REPLY or
 * AMQP_MESSENGER_UNANSWERED; AMQP_MESSENGER_USAGE for NULL.
 */
int amqp_messenger_item_status(const amqp_messenger_item *item);

/**
 * Returns why the request is not signed, with the words of the broker and the signing server; NULL if it is signed.
 */
const char *amqp_messenger_item_error(const amqp_messenger_item *item);

/**
 * Returns the reply as the JSON text of a list: the whole reply, then its application properties or null. It is
 * ASCII. NULL if none has come.
 */
const char *amqp_messenger_item_reply(const amqp_messenger_item *item);

/**
 * Returns the number of signed values that the request asks for: one, or in a batch one for each image and key; 0 for
 * NULL.
 */
size_t amqp_messenger_item_value_count(const amqp_messenger_item *item);

/**
 * Returns a signed value, base64 on one line; in a batch in the order of the images, and of the keys for each image.
 * Empty if it is missing, refused or unusable. NULL if `index` is not below the count.
 */
const char *amqp_messenger_item_value(const amqp_messenger_item *item, size_t index);

/**
 * Returns the digest of the image that a signed value is for. NULL if it is not for an image, or `index` is not below
 * the count.
 */
const char *amqp_messenger_item_value_digest(const amqp_messenger_item *item, size_t index);

/**
 * Returns the reference of the image that a signed value is for. NULL if it is not for an image, or `index` is not
 * below the count.
 */
const char *amqp_messenger_item_value_reference(const amqp_messenger_item *item, size_t index);

/**
 * Returns the key that a signed value is by, its id or alias as it was added. NULL if `index` is not below the count.
 */
const char *amqp_messenger_item_value_key(const amqp_messenger_item *item, size_t index);

/**
 * Returns the name of the key that a signed value is by, as it was added. NULL if it has none, or `index` is not below
 * the count.
 */
const char *amqp_messenger_item_value_key_name(const amqp_messenger_item *item,
                                               size_t index);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* AMQP_MESSENGER_H */
