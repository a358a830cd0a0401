# The distribution's RabbitMQ, started by this script. The certificate's common name is the user of EXTERNAL;
# every client without SASL is `guest`.
need epmd
server=/usr/lib/rabbitmq/bin/rabbitmq-server
[ -x "$server" ] || fail "$server is missing"
port distribution
port epmd
mkdir data
queues=
for name in sign signed $(seq -f 'suite.%g' 100); do
    queues+="    {\"name\": \"$name\", \"vhost\": \"/\", \"durable\": true, \"auto_delete\": false, \"arguments\": {}},"$'\n'
done
for file in rabbitmq.conf advanced.config definitions.json enabled_plugins; do
    fill "$here/rabbitmq/$file" "$file"
done
cat >command <<COMMAND
#!/bin/sh
export HOME='$BROKER_DIR' ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$epmd
export RABBITMQ_NODENAME=suite-$amqps@localhost RABBITMQ_DIST_PORT=$distribution
export RABBITMQ_CONFIG_FILE='$BROKER_DIR/rabbitmq.conf' RABBITMQ_ADVANCED_CONFIG_FILE='$BROKER_DIR/advanced.config'
export RABBITMQ_ENABLED_PLUGINS_FILE='$BROKER_DIR/enabled_plugins' RABBITMQ_CONF_ENV_FILE=/dev/null
export RABBITMQ_MNESIA_BASE='$BROKER_DIR/data' RABBITMQ_LOG_BASE='$BROKER_DIR/data' RABBITMQ_LOGS=-
export RABBITMQ_PID_FILE='$BROKER_DIR/rabbitmq.pid'
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
epmd -address 127.0.0.1 -port $epmd &
exec '$server'
COMMAND
chmod 700 command
ready='Server startup complete'
listening="$amqps $amqp"
signer_sasl=external
requests=/amq/queue/sign
replies=/amq/queue/signed
send_to=$requests
listen_to=$replies
