# ActiveMQ Classic. The certificate is the identity. One port is as shipped, and refuses a connection without SASL;
# `bare` accepts it; `passwords` asks for no certificate.
artifact org.apache.activemq:apache-activemq:5.18.3 apache-activemq-5.18.3-bin.tar.gz
port bare
port passwords
port small
port smallmqtts
port quota
mkdir conf data
for file in activemq.xml login.config users.properties groups.properties cert-users.properties cert-groups.properties \
    log4j2.properties; do
    fill "$here/activemq/$file" "conf/$file"
done
cat >command <<COMMAND
#!/bin/sh
exec java $java_options -Djava.security.auth.login.config='$BROKER_DIR/conf/login.config' \\
    -Dlog4j2.configurationFile='$BROKER_DIR/conf/log4j2.properties' -Djava.io.tmpdir='$BROKER_DIR/data' \\
    -Dactivemq.home='$release' -Dactivemq.base='$BROKER_DIR' -Dactivemq.conf='$BROKER_DIR/conf' \\
    -Dactivemq.data='$BROKER_DIR/data' -Dactivemq.classpath='$BROKER_DIR/conf' \\
    -jar '$release/bin/activemq.jar' start 'xbean:file:$BROKER_DIR/conf/activemq.xml'
COMMAND
chmod 700 command
ready='Apache ActiveMQ .* started'
listening="$amqps $bare $passwords $small $mqtts $smallmqtts"
mqtt_version=3.1.1
signer_sasl=anonymous
requests=queue://Consumer.signer.VirtualTopic.sign
replies=topic://VirtualTopic.signed
send_to=topic://VirtualTopic.sign
listen_to='queue://Consumer.{creator}-{task_id}.VirtualTopic.signed'
