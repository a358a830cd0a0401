# Mosquitto, the distribution's, started by this script: MQTT only. The certificate's common name is the user, and the access
# list says what it may do.
need mosquitto
need mosquitto_passwd
port passwords
mkdir data conf.d
mosquitto_passwd -b -c passwords suite "$store_password" >>openssl.log 2>&1
fill "$here/mosquitto/acl" acl
fill "$here/mosquitto/mosquitto.conf" mosquitto.conf
echo 'persistence true' >conf.d/limits.conf
chmod 600 acl passwords
cat >command <<COMMAND
#!/bin/sh
exec mosquitto -c '$BROKER_DIR/mosquitto.conf'
COMMAND
chmod 700 command
ready='mosquitto version .* running'
listening="$mqtts $passwords"
