# RabbitMQ 4, from the packages of Debian 13 in a root folder of their own, where this machine's is older. The certificate's
# common name is the user of EXTERNAL; the user of ANONYMOUS is `guest`.
need unshare
debian_root trixie rabbitmq-server-trixie rabbitmq-server
port distribution
port epmd
mkdir data
queues='' bindings=''
for name in sign signed $(seq -f 'suite.%g' 100) $(seq -f 'suite.%g/x' 100); do
    queues+="    {\"name\": \"$name\", \"vhost\": \"/\", \"durable\": true, \"auto_delete\": false, \"arguments\": {}},"$'\n'
    bindings+="    {\"source\": \"amq.topic\", \"vhost\": \"/\", \"destination\": \"$name\", \"destination_type\": \"queue\", \"routing_key\": \"$name\", \"arguments\": {}},"$'\n'
done
# In the root, the broker's folder is /mnt.
bindings=${bindings%,$'\n'}
for file in rabbitmq.conf definitions.json enabled_plugins; do
    BROKER_DIR=/mnt fill "$here/rabbitmq4/$file" "$file"
done
cat >inside <<COMMAND
#!/bin/sh
export HOME=/mnt LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$epmd
export RABBITMQ_NODENAME=suite-$amqps@localhost RABBITMQ_DIST_PORT=$distribution
export RABBITMQ_CONFIG_FILE=/mnt/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=/mnt/enabled_plugins RABBITMQ_CONF_ENV_FILE=/dev/null
export RABBITMQ_MNESIA_BASE=/mnt/data RABBITMQ_LOG_BASE=/mnt/data RABBITMQ_LOGS=- RABBITMQ_PID_FILE=/mnt/rabbitmq.pid
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
epmd -address 127.0.0.1 -port $epmd &
exec /usr/lib/rabbitmq/bin/rabbitmq-server
COMMAND
# What is mounted is so only for these processes.
cat >command <<COMMAND
#!/bin/sh
[ "\$(id -u)" = 0 ] || user=--map-root-user
exec unshare --mount \${user-} sh -euc '
    mount --bind /proc "\$1/proc"
    mount --rbind /dev "\$1/dev"
    mount --bind "\$2" "\$1/mnt"
    exec chroot "\$1" /mnt/inside
' sh '$release' '$BROKER_DIR'
COMMAND
chmod 700 command inside
ready='Server startup complete'
listening="$amqps $amqp $mqtts"
signer_sasl=external
requests=/queues/sign
replies=/queues/signed
send_to=$requests
listen_to=$replies
