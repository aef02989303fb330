# bash completion for postrider                              -*- shell-script -*-

# The configuration file that the words before the cursor name, or yours.
_postrider_file()
{
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-C | --file)
			echo "${COMP_WORDS[i + 1]}"
			return
			;;
		esac
	done
	for i in "$POSTRIDER_CONFIG" \
		"${XDG_CONFIG_HOME:-$HOME/.config}/postrider/config" \
		~/.postriderrc ~/.msmtprc /etc/postrider.conf; do
		if [[ -n $i && -r $i ]]; then
			echo "$i"
			return
		fi
	done
}

_postrider_accounts()
{
	sed -n 's/^[[:blank:]]*account[[:blank:]]\{1,\}\([^:[:blank:]]*\).*/\1/Ip' \
		"$(_postrider_file)" 2>/dev/null
}

# The folder that the words before the cursor name, as options.
_postrider_queue_words()
{
	local i
	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-C | --file | --queue-dir)
			echo "${COMP_WORDS[i]}"
			echo "${COMP_WORDS[i + 1]}"
			;;
		esac
	done
}

# IDs of what is in the queue.
_postrider_ids()
{
	local -a words
	mapfile -t words < <(_postrider_queue_words)
	"${COMP_WORDS[0]}" queue "${words[@]}" 2>/dev/null | cut -sf 1
}

_postrider_options()
{
	case ${COMP_WORDS[1]} in
	queue)
		echo "--file --json --message --queue-dir --quiet --verbose
			--yes"
		;;
	flush)
		echo "--account --background --file --now --queue-dir --quiet
			--verbose --wait"
		;;
	send)
		echo "--account --at --attach --bcc --body --body-file --cc
			--dry-run --file --from --header --html --json
			--print-id --quiet --reply-to --subject --to"
		;;
	config) echo "--account --file --json --quiet --verbose" ;;
	info)
		echo "--account --file --host --json --port --quiet --tls
			--tls-starttls --verbose"
		;;
	help | version) ;;
	*)
		echo "--account --add-header --aliases --aliases-headers
			--auth --authzid --auto-from --capture --chunking
			--configure --deadline --debug --deliver-by --domain
			--dot-ends-message --dsn-notify --dsn-require
			--dsn-return --encode-headers --fallback --family --file
			--from --from-full-name --help --hold-for --hold-until
			--host --hosts --journal --keep-failed --keyring
			--local-hosts
			--local-recipient --log-format --logfile
			--logfile-time-format --long-lines --maildomain
			--masquerade --match --message-filter
			--notify-command --partial
			--password-fd --password-file --passwordeval
			--pipelining --port --pretend --priority --protocol
			--provider --proxy --proxy-host --proxy-port --queue
			--queue-connections --queue-dir --queue-lifetime
			--queue-max-size --queue-runner
			--quiet --rate --read-envelope-from --read-recipients
			--remove-bcc-headers --remove-header --require-tls
			--rewrite --rmqs --save-sent --serverinfo
			--set-date-header
			--set-from-header --set-header --set-msgid-header
			--set-sender --set-to-header --size-check --socket
			--source-ip --srv --syslog --timeout --tls
			--tls-cert-file --tls-certcheck --tls-crl-file
			--tls-fingerprint --tls-host-override --tls-key-file
			--tls-min-dh-prime-bits --tls-min-version --tls-pin
			--tls-priorities --tls-starttls --tls-trust-file
			--tunnel --user --version"
		;;
	esac
}

_postrider_providers()
{
	echo "gmail outlook microsoft365 icloud yahoo aol fastmail gmx
		gmx-com webde zoho zoho-pro zoho-eu proton-bridge proton
		posteo mailbox.org mailo migadu runbox infomaniak gandi ovh
		ionos ionos-de strato yandex ses sendgrid mailgun mailgun-eu
		postmark mailersend brevo sparkpost sparkpost-eu mailjet
		resend smtp2go"
}

_postrider()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local verbs="config flush help info queue send version"
	local actions="bounce hold list release remove show"

	case $before in
	-a | --account)
		mapfile -t COMPREPLY < <(compgen -W "$(_postrider_accounts)" \
			-- "$word")
		return
		;;
	--queue-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	-C | --file | --attach | --body-file | --html | --logfile | -X)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--provider)
		mapfile -t COMPREPLY < <(compgen -W "$(_postrider_providers)" \
			-- "$word")
		return
		;;
	queue)
		mapfile -t COMPREPLY < <(compgen -W "$actions" -- "$word")
		[[ $word == -* ]] || return
		;;
	help)
		mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$word")
		return
		;;
	esac
	if [[ $COMP_CWORD -gt 1 && $word != -* &&
		${COMP_WORDS[1]} == @(queue|flush) ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_postrider_ids)" \
			-- "${word^^}")
		return
	fi
	if [[ $COMP_CWORD -eq 1 && $word != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -W "$(_postrider_options)" \
			-- "$word")
	fi
}

complete -o default -F _postrider postrider
