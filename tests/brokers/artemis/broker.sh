# Apache Artemis. The certificate's name is the identity; a client without a known certificate, or without
# SASL EXTERNAL, is a guest. The port `passwords` asks for no certificate.
artifact org.apache.activemq:apache-artemis:2.56.0 apache-artemis-2.56.0-bin.tar.gz
port passwords
mkdir etc data
for file in broker.xml bootstrap.xml management.xml login.config cert-users.properties cert-roles.properties users.properties \
    roles.properties log4j2.properties; do
    fill "$here/artemis/$file" "etc/$file"
done
cat >command <<COMMAND
#!/bin/sh
exec java $java_options --add-opens java.base/jdk.internal.misc=ALL-UNNAMED \\
    -Djava.security.auth.login.config='$BROKER_DIR/etc/login.config' -Dlog4j2.configurationFile='$BROKER_DIR/etc/log4j2.properties' \\
    -Dartemis.home='$release' -Dartemis.instance='$BROKER_DIR' -Dartemis.instance.etc='$BROKER_DIR/etc' -Ddata.dir='$BROKER_DIR/data' \\
    -cp '$release/lib/artemis-boot.jar' org.apache.activemq.artemis.boot.Artemis run
COMMAND
chmod 700 command
ready='AMQ221007'
listening="$amqps $amqp $passwords $mqtts"
signer_sasl=external
requests=queue://sign
replies=queue://signed
send_to=$requests
listen_to=$replies
