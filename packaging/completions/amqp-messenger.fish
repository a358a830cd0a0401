# fish completion for amqp-messenger
# Made from the program's table of options: make tables.

complete -c amqp-messenger -f
complete -c amqp-messenger -n __fish_use_subcommand -a container-sign -d 'sign container images, as pairs of digest and reference'
complete -c amqp-messenger -n __fish_use_subcommand -a clear-sign -d 'clear-sign texts or files'
complete -c amqp-messenger -n __fish_use_subcommand -a blob-sign -d 'create detached signatures of files'
complete -c amqp-messenger -n '__fish_seen_subcommand_from container-sign clear-sign blob-sign' -l signing-key -x -d 'id or alias of a key'
complete -c amqp-messenger -n '__fish_seen_subcommand_from container-sign blob-sign' -l signing-key-name -x -d 'name of a key, one for each key in their order'
complete -c amqp-messenger -n '__fish_seen_subcommand_from container-sign clear-sign blob-sign' -l task-id -x -d 'task that the signatures are for'
complete -c amqp-messenger -n '__fish_seen_subcommand_from container-sign' -l digest -x -d 'digest of an image\'s manifest'
complete -c amqp-messenger -n '__fish_seen_subcommand_from container-sign' -l reference -x -d 'name under which an image is pulled'
complete -c amqp-messenger -n '__fish_seen_subcommand_from blob-sign' -l blob-file -r -F -d 'file to sign'
complete -c amqp-messenger -n '__fish_seen_subcommand_from clear-sign' -l repo -x -d 'repository in the request'
complete -c amqp-messenger -n '__fish_seen_subcommand_from container-sign clear-sign blob-sign' -l config-file -r -F -d 'configuration, instead of ~/.config/pubtools-sign/conf.yaml or else /etc/pubtools-sign/conf.yaml'
complete -c amqp-messenger -n '__fish_seen_subcommand_from container-sign clear-sign blob-sign' -l requester -x -d 'name of the requester, instead of the client certificate\'s common name or else user id'
complete -c amqp-messenger -n '__fish_seen_subcommand_from container-sign blob-sign' -l signer-type -x -a 'single batch' -d 'how many items a request has, one (the default) or many (container-sign only)'
complete -c amqp-messenger -n '__fish_seen_subcommand_from container-sign clear-sign blob-sign' -l raw -d 'print only the signed values, in base64, one a line, an empty line for a missing one, instead of the JSON document'
complete -c amqp-messenger -n '__fish_seen_subcommand_from container-sign clear-sign blob-sign' -l log-level -x -a 'trace debug info warning error critical' -d 'least severe level that is logged'
complete -c amqp-messenger -s h -l help -d 'print this help'
complete -c amqp-messenger -s V -l version -d 'print the version'
