# fish completion for postrider

function __postrider_accounts
    set -l words (commandline -opc)
    set -l file
    for i in (seq (count $words))
        contains -- $words[$i] -C --file; and set file $words[(math $i + 1)]
    end
    set -q XDG_CONFIG_HOME; or set -l XDG_CONFIG_HOME ~/.config
    for i in "$POSTRIDER_CONFIG" $XDG_CONFIG_HOME/postrider/config \
            ~/.postriderrc ~/.msmtprc /etc/postrider.conf
        test -z "$file" -a -r "$i"; and set file $i
    end
    test -n "$file"; or return
    sed -n 's/^[[:blank:]]*account[[:blank:]]\{1,\}\([^:[:blank:]]*\).*/\1/Ip' $file 2>/dev/null
end

function __postrider_first
    test (count (commandline -opc)) -eq 1
end

# No verb: the classic dialect, or nothing yet.
function __postrider_classic
    not __fish_seen_subcommand_from config help send version
end

complete -c postrider -n __postrider_first -f -a config -d 'Show the effective settings'
complete -c postrider -n __postrider_first -f -a help -d 'Show a short help'
complete -c postrider -n __postrider_first -f -a send -d 'Make a message and send it'
complete -c postrider -n __postrider_first -f -a version -d 'Show the version'
complete -c postrider -n '__fish_seen_subcommand_from help' -f -a 'config send version'

complete -c postrider -s a -l account -x -a '(__postrider_accounts)' -d Account
complete -c postrider -s C -l file -r -d 'Configuration file'
complete -c postrider -l quiet -d 'Print no hints'
complete -c postrider -s v -d 'Show the dialogue'

complete -c postrider -n '__fish_seen_subcommand_from send' -l attach -r -d 'Attach a file'
complete -c postrider -n '__fish_seen_subcommand_from send' -l bcc -x -d 'Hidden recipient'
complete -c postrider -n '__fish_seen_subcommand_from send' -l body -x -d Text
complete -c postrider -n '__fish_seen_subcommand_from send' -l body-file -r -d 'File with the text'
complete -c postrider -n '__fish_seen_subcommand_from send' -l cc -x -d 'Copy to'
complete -c postrider -n '__fish_seen_subcommand_from send' -l dry-run -d 'Print the message, send nothing'
complete -c postrider -n '__fish_seen_subcommand_from send' -l from -x -d Sender
complete -c postrider -n '__fish_seen_subcommand_from send' -l header -x -d 'One more header field'
complete -c postrider -n '__fish_seen_subcommand_from send' -l html -r -d 'File with the text as HTML'
complete -c postrider -n '__fish_seen_subcommand_from send' -l reply-to -x -d 'Address for answers'
complete -c postrider -n '__fish_seen_subcommand_from send' -l subject -x -d Subject
complete -c postrider -n '__fish_seen_subcommand_from send' -l to -x -d Recipient

complete -c postrider -n '__fish_seen_subcommand_from config' -l json -d 'Print JSON'
complete -c postrider -n '__fish_seen_subcommand_from config' -l verbose -d 'Show more'

complete -c postrider -n __postrider_classic -l auth -x -a 'on off plain login scram-sha-256' -d 'Log in'
complete -c postrider -n __postrider_classic -l authzid -x -d 'Name to act as'
complete -c postrider -n __postrider_classic -l chunking -x -a 'auto off'
complete -c postrider -n __postrider_classic -l deadline -x -d 'Limit of the attempt'
complete -c postrider -n __postrider_classic -s d -l debug -d 'Show the dialogue'
complete -c postrider -n __postrider_classic -l domain -x -d 'Name to greet with'
complete -c postrider -n __postrider_classic -l dot-ends-message -x -a 'on off'
complete -c postrider -n __postrider_classic -s N -l dsn-notify -x -a 'off never failure delay success'
complete -c postrider -n __postrider_classic -l dsn-require -x -a 'on off'
complete -c postrider -n __postrider_classic -s R -l dsn-return -x -a 'off headers full'
complete -c postrider -n __postrider_classic -l family -x -a 'any ipv4 ipv6'
complete -c postrider -n __postrider_classic -s f -l from -x -d Sender
complete -c postrider -n __postrider_classic -s F -l from-full-name -x -d 'Full name'
complete -c postrider -n __postrider_classic -l help -d 'Show a short help'
complete -c postrider -n __postrider_classic -l host -x -d Server
complete -c postrider -n __postrider_classic -l log-format -x -a 'classic json'
complete -c postrider -n __postrider_classic -s X -l logfile -r -d 'Log file'
complete -c postrider -n __postrider_classic -l logfile-time-format -x
complete -c postrider -n __postrider_classic -l long-lines -x -a 'reencode pass'
complete -c postrider -n __postrider_classic -l partial -x -a 'on off'
complete -c postrider -n __postrider_classic -l password-file -r -d 'Password file'
complete -c postrider -n __postrider_classic -l passwordeval -x -d 'Command that prints the password'
complete -c postrider -n __postrider_classic -l pipelining -x -a 'auto off'
complete -c postrider -n __postrider_classic -l port -x -a '25 465 587'
complete -c postrider -n __postrider_classic -s P -l pretend -d 'Show settings, send nothing'
complete -c postrider -n __postrider_classic -l protocol -x -a 'smtp lmtp'
complete -c postrider -n __postrider_classic -l queue -x -a off
complete -c postrider -n __postrider_classic -l read-envelope-from -d 'Sender from the From field'
complete -c postrider -n __postrider_classic -s t -l read-recipients -d 'Recipients from the message'
complete -c postrider -n __postrider_classic -l remove-bcc-headers -x -a 'on off'
complete -c postrider -n __postrider_classic -l set-date-header -x -a 'auto off'
complete -c postrider -n __postrider_classic -l set-from-header -x -a 'auto on off'
complete -c postrider -n __postrider_classic -l set-msgid-header -x -a 'auto off'
complete -c postrider -n __postrider_classic -l set-to-header -x -a 'on off undisclosed_recipients'
complete -c postrider -n __postrider_classic -l size-check -x -a 'on off'
complete -c postrider -n __postrider_classic -l source-ip -x
complete -c postrider -n __postrider_classic -l syslog -x -a 'on off LOG_MAIL LOG_USER'
complete -c postrider -n __postrider_classic -l timeout -x -d 'Limit of a step'
complete -c postrider -n __postrider_classic -l tls -x -a 'on off'
complete -c postrider -n __postrider_classic -l tls-cert-file -r
complete -c postrider -n __postrider_classic -l tls-certcheck -x -a 'on off'
complete -c postrider -n __postrider_classic -l tls-crl-file -r
complete -c postrider -n __postrider_classic -l tls-fingerprint -x
complete -c postrider -n __postrider_classic -l tls-host-override -x
complete -c postrider -n __postrider_classic -l tls-key-file -r
complete -c postrider -n __postrider_classic -l tls-min-version -x -a '1.2 1.3'
complete -c postrider -n __postrider_classic -l tls-pin -x
complete -c postrider -n __postrider_classic -l tls-priorities -x
complete -c postrider -n __postrider_classic -l tls-starttls -x -a 'on off'
complete -c postrider -n __postrider_classic -l tls-trust-file -r
complete -c postrider -n __postrider_classic -l user -x -d 'Name to log in with'
complete -c postrider -n __postrider_classic -l version -d 'Show the version'
