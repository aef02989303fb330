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

# IDs of what is in the queue.
function __postrider_ids
    set -l words (commandline -opc)
    set -l where
    for i in (seq (count $words))
        contains -- $words[$i] -C --file --queue-dir
        and set where $where $words[$i] $words[(math $i + 1)]
    end
    $words[1] queue $where 2>/dev/null | cut -sf 1
end

function __postrider_needs_action
    __fish_seen_subcommand_from queue
    and not __fish_seen_subcommand_from list show hold release remove bounce
end

# No verb: the classic dialect, or nothing yet.
function __postrider_classic
    not __fish_seen_subcommand_from config flush help info queue send version
end

complete -c postrider -n __postrider_first -f -a config -d 'Show the effective settings'
complete -c postrider -n __postrider_first -f -a flush -d 'Try to send what is in the queue'
complete -c postrider -n __postrider_first -f -a help -d 'Show a short help'
complete -c postrider -n __postrider_first -f -a info -d 'Show what a server offers'
complete -c postrider -n __postrider_first -f -a queue -d 'Show what waits to be sent, and change that'
complete -c postrider -n __postrider_first -f -a send -d 'Make a message and send it'
complete -c postrider -n __postrider_first -f -a version -d 'Show the version'
complete -c postrider -n '__fish_seen_subcommand_from help' -f -a 'config flush info queue send version'

complete -c postrider -s a -l account -x -a '(__postrider_accounts)' -d Account
complete -c postrider -s C -l file -r -d 'Configuration file'
complete -c postrider -l quiet -d 'Print no hints'
complete -c postrider -s v -d 'Show the dialogue'

complete -c postrider -n '__fish_seen_subcommand_from send' -l attach -r -d 'Attach a file'
complete -c postrider -n '__fish_seen_subcommand_from send' -l bcc -x -d 'Hidden recipient'
complete -c postrider -n '__fish_seen_subcommand_from send' -l body -x -d Text
complete -c postrider -n '__fish_seen_subcommand_from send' -l body-file -r -d 'File with the text'
complete -c postrider -n '__fish_seen_subcommand_from send' -l cc -x -d 'Copy to'
complete -c postrider -n '__fish_seen_subcommand_from send' -l at -x -d 'Send it then'
complete -c postrider -n '__fish_seen_subcommand_from send' -l json -d 'Say what became of it as JSON'
complete -c postrider -n '__fish_seen_subcommand_from send' -l print-id -d 'Say what became of it'
complete -c postrider -n '__fish_seen_subcommand_from send' -l dry-run -d 'Print the message, send nothing'
complete -c postrider -n '__fish_seen_subcommand_from send' -l from -x -d Sender
complete -c postrider -n '__fish_seen_subcommand_from send' -l header -x -d 'One more header field'
complete -c postrider -n '__fish_seen_subcommand_from send' -l html -r -d 'File with the text as HTML'
complete -c postrider -n '__fish_seen_subcommand_from send' -l reply-to -x -d 'Address for answers'
complete -c postrider -n '__fish_seen_subcommand_from send' -l subject -x -d Subject
complete -c postrider -n '__fish_seen_subcommand_from send' -l to -x -d Recipient

complete -c postrider -n '__fish_seen_subcommand_from config' -l json -d 'Print JSON'
complete -c postrider -n '__fish_seen_subcommand_from config' -l verbose -d 'Show more'

complete -c postrider -n __postrider_needs_action -f -a list -d 'Show what waits, and why'
complete -c postrider -n __postrider_needs_action -f -a show -d 'All that is known of a message'
complete -c postrider -n __postrider_needs_action -f -a hold -d 'Do not send it until it is released'
complete -c postrider -n __postrider_needs_action -f -a release -d 'Send it now, also one that failed'
complete -c postrider -n __postrider_needs_action -f -a remove -d 'Do not send it at all'
complete -c postrider -n __postrider_needs_action -f -a bounce -d 'Give it up, and tell its sender so'
complete -c postrider -n '__fish_seen_subcommand_from show hold release remove bounce' -f -a '(__postrider_ids)'
complete -c postrider -n '__fish_seen_subcommand_from queue' -l json -d 'Print JSON'
complete -c postrider -n '__fish_seen_subcommand_from queue' -l message -d 'Print the text of the message'
complete -c postrider -n '__fish_seen_subcommand_from queue' -l verbose -d 'Show more'
complete -c postrider -n '__fish_seen_subcommand_from queue' -s y -l yes -d 'Do not ask'
complete -c postrider -n '__fish_seen_subcommand_from queue flush' -l queue-dir -r -d 'Look at this folder alone'

complete -c postrider -n '__fish_seen_subcommand_from flush' -f -a '(__postrider_ids)'
complete -c postrider -n '__fish_seen_subcommand_from flush' -l background -d 'Stay until nothing waits'
complete -c postrider -n '__fish_seen_subcommand_from flush' -l now -d 'Everything that waits'
complete -c postrider -n '__fish_seen_subcommand_from flush' -l verbose -d 'Show the dialogue'
complete -c postrider -n '__fish_seen_subcommand_from flush' -l wait -d 'End when all has been tried'

complete -c postrider -n '__fish_seen_subcommand_from info' -l host -x -d 'Server to ask'
complete -c postrider -n '__fish_seen_subcommand_from info' -l json -d 'Print JSON'
complete -c postrider -n '__fish_seen_subcommand_from info' -l port -x -d 'Its port'
complete -c postrider -n '__fish_seen_subcommand_from info' -l tls -x -a 'on off' -d 'Use TLS'
complete -c postrider -n '__fish_seen_subcommand_from info' -l tls-starttls -x -a 'on off' -d 'Start TLS by command'
complete -c postrider -n '__fish_seen_subcommand_from info' -l verbose -d 'Show the dialogue'

complete -c postrider -n __postrider_classic -l auth -x -a 'on off plain login scram-sha-256' -d 'Log in'
complete -c postrider -n __postrider_classic -l add-header -x -d 'Add a header'
complete -c postrider -n __postrider_classic -l aliases -r -d 'Who gets the mail for local names'
complete -c postrider -n __postrider_classic -l aliases-headers -x -a 'on off' -d 'Replace local names in To and Cc as well'
complete -c postrider -n __postrider_classic -l auto-from -x -a 'on off' -d 'Old: the sender is the user at maildomain'
complete -c postrider -n __postrider_classic -l capture -r -d 'Maildir that gets the message instead of the server'
complete -c postrider -n __postrider_classic -l deliver-by -x -d 'Time within which the message shall be delivered'
complete -c postrider -n __postrider_classic -l encode-headers -x -a 'on off' -d 'Encode 8-bit text of headers as RFC 2047 has it'
complete -c postrider -n __postrider_classic -l fallback -x -d 'Account whose server is tried next'
complete -c postrider -n __postrider_classic -l hold-for -x -d 'Have the server hold the message for so long'
complete -c postrider -n __postrider_classic -l hold-until -x -d 'Have the server hold the message until then'
complete -c postrider -n __postrider_classic -l hosts -x -d 'Equal servers, tried in order, the last good one first'
complete -c postrider -n __postrider_classic -l journal -x -a 'on off' -d 'Log to the journal of systemd'
complete -c postrider -n __postrider_classic -l keyring -x -a 'auto on off' -d 'Look for the password in the desktops keyring'
complete -c postrider -n __postrider_classic -l local-hosts -x -d 'Domains whose recipients are names on this machine'
complete -c postrider -n __postrider_classic -l local-recipient -x -d 'Who gets the mail for local names without an alias'
complete -c postrider -n __postrider_classic -l maildomain -x -d 'Old: the domain of auto_from'
complete -c postrider -n __postrider_classic -l masquerade -x -d 'Domain of senders and recipients that have none'
complete -c postrider -n __postrider_classic -l match -x -d 'Further senders that choose this account'
complete -c postrider -n __postrider_classic -l message-filter -x -d 'Command that the message goes through before it is sent'
complete -c postrider -n __postrider_classic -l password-fd -x -d 'Open file whose first line is the password'
complete -c postrider -n __postrider_classic -l priority -x -d 'Priority of the message'
complete -c postrider -n __postrider_classic -l provider -x -a 'gmail outlook microsoft365 icloud yahoo aol fastmail gmx gmx-com webde zoho zoho-pro zoho-eu proton-bridge proton posteo mailbox.org mailo migadu runbox infomaniak gandi ovh ionos ionos-de strato yandex ses sendgrid mailgun mailgun-eu postmark mailersend brevo sparkpost sparkpost-eu mailjet resend smtp2go' -d 'Well-known service, which says host, port, TLS and auth'
complete -c postrider -n __postrider_classic -l proxy -x -d 'Socks5:// or http:// proxy to connect through'
complete -c postrider -n __postrider_classic -l proxy-host -x -d 'SOCKS5 proxy to connect through'
complete -c postrider -n __postrider_classic -l proxy-port -x -d 'Its port (1080)'
complete -c postrider -n __postrider_classic -l remove-header -x -d 'Remove all of that name'
complete -c postrider -n __postrider_classic -l require-tls -x -a 'on off' -d 'Have the message sent on over TLS only'
complete -c postrider -n __postrider_classic -l rewrite -x -d 'Replace senders that fit'
complete -c postrider -n __postrider_classic -l save-sent -r -d 'Maildir for a copy of what was sent'
complete -c postrider -n __postrider_classic -l set-header -x -d 'Replace all headers of that name by one'
complete -c postrider -n __postrider_classic -l set-sender -x -a 'off auto' -d 'Add a Sender header where From is somebody else'
complete -c postrider -n __postrider_classic -l socket -r -d 'Unix socket to connect to'
complete -c postrider -n __postrider_classic -l srv -x -a 'on off' -d 'Host is a mail domain: find its servers in the DNS'
complete -c postrider -n __postrider_classic -l tls-min-dh-prime-bits -x -d 'Shortest Diffie-Hellman prime to accept'
complete -c postrider -n __postrider_classic -l tunnel -x -d 'Command to speak through instead of a connection'
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
complete -c postrider -n __postrider_classic -l rmqs -x -d 'Ask for the mail that is kept for a host'
complete -c postrider -n __postrider_classic -s S -l serverinfo -d 'Show what the server offers'
complete -c postrider -n __postrider_classic -l configure -x -d 'Account for an address'
complete -c postrider -n __postrider_classic -s P -l pretend -d 'Show settings, send nothing'
complete -c postrider -n __postrider_classic -l protocol -x -a 'smtp lmtp'
complete -c postrider -n __postrider_classic -l queue -x -a 'off fallback always' -d 'What is kept for later'
complete -c postrider -n __postrider_classic -l queue-connections -x -a '1 2 4 8 16' -d 'Most connections of a queue run'
complete -c postrider -n __postrider_classic -l queue-dir -r -d 'Folder of the queue'
complete -c postrider -n __postrider_classic -l queue-lifetime -x -d 'How long it is tried'
complete -c postrider -n __postrider_classic -l queue-max-size -x -d 'Most that the queue may hold'
complete -c postrider -n __postrider_classic -l queue-runner -x -a 'auto none' -d 'Start a queue run'
complete -c postrider -n __postrider_classic -l rate -x -d 'Most messages per second, minute or hour'
complete -c postrider -n __postrider_classic -l keep-failed -x -d 'How long what failed is kept'
complete -c postrider -n __postrider_classic -l notify-command -x -d 'Command that is told when mail does not go'
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
