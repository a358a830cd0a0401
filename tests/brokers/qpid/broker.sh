# Qpid Broker-J: the strict one. Queues must exist, and Open's hostname chooses the virtual host: `sign` keeps
# messages on disk and is the default, `memory` keeps nothing. Each port has one way to log in.
need mvn
need java
port anonymous
port plain
port small
port quota
libraries=$cache/qpid-broker-10.1.0
if [ ! -d "$libraries" ]; then
    echo "fetching qpid-broker 10.1.0" >&2
    mkdir -p "$libraries.$$"
    mvn -q -B -f "$here/qpid/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
        -DincludeScope=runtime "-DoutputDirectory=$libraries.$$" >&2
    mv "$libraries.$$" "$libraries"
fi
# Every file must be known, and every known file must exist.
(cd "$libraries" && grep '\.jar$' "$here/checksums" | sha256sum --quiet -c - &&
    [ "$(ls | wc -l)" = "$(grep -c '\.jar$' "$here/checksums")" ]) || fail "$libraries is not what it should be"
mkdir work
queues=
for name in sign signed forbidden $(seq -f 'suite.%g' 100); do
    queues+="${queues:+,}{\\\"name\\\":\\\"$name\\\",\\\"durable\\\":true}"
done
queues+=',{\"name\":\"full\",\"durable\":true,\"overflowPolicy\":\"REJECT\",\"maximumQueueDepthMessages\":1}'
fill "$here/qpid/config.json" config.json
fill "$here/qpid/acl.txt" acl.txt
cat >command <<COMMAND
#!/bin/sh
exec java $java_options -cp '$libraries/*' org.apache.qpid.server.Main -icp '$BROKER_DIR/config.json' \\
    -prop qpid.work_dir='$BROKER_DIR/work' -st JSON
COMMAND
chmod 700 command
ready='BRK-1004'
listening="$amqps $anonymous $plain"
signer_sasl=external
requests=sign
replies=signed
send_to=$requests
listen_to=$replies
