/*
 * command: command lines made from parsed values (RFC 5321, 4.1.1; 1870; 1891
 * as 3461; 1985; 2852; 3030; 4865; 6152; 6531; 6710; 8689).
 *
 * Every builder appends one line with its CRLF and refuses what could end a
 * line or an argument early: control characters anywhere, blanks and angle
 * brackets outside of a quoted string.  On false nothing was appended.
 */
#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "msg/envelope.h"
#include "msg/facts.h"
#include "smtp/caps.h"

/* Longest line, with CRLF. */
#define COMMAND_LINE_MAX 4096

#define COMMAND_DATA "DATA\r\n"
#define COMMAND_RSET "RSET\r\n"
#define COMMAND_QUIT "QUIT\r\n"
#define COMMAND_STARTTLS "STARTTLS\r\n"

/* verb is EHLO, HELO or LHLO.  ERR_CONFIG where name cannot be said. */
bool command_hello(struct str *out, const char *verb, const char *name,
		   struct err *e) ATTR_MUST_USE;

/*
 * MAIL with the parameters that the server offers and the message wants:
 * SIZE, BODY, SMTPUTF8, RET, ENVID, BY, HOLDFOR, HOLDUNTIL, MT-PRIORITY,
 * REQUIRETLS; that the server offers what it must is for smtp/needs to see.
 * binary: the message will go by BDAT, so that BINARYMIME may be said.
 * ERR_MESSAGE names what cannot be sent.
 */
bool command_mail(struct str *out, const struct envelope *env,
		  const struct facts *facts, const struct caps *caps,
		  bool binary, struct err *e) ATTR_MUST_USE;

/* RCPT for env's recipient i, with NOTIFY and ORCPT where offered and wished.
 */
bool command_rcpt(struct str *out, const struct envelope *env, size_t i,
		  const struct caps *caps, struct err *e) ATTR_MUST_USE;

/* RFC 1985; node is a host, @domain or #queue.  ERR_USAGE: it is none. */
bool command_etrn(struct str *out, const char *node,
		  struct err *e) ATTR_MUST_USE;

void command_bdat(struct str *out, uint64_t octets, bool last);

/* True where the sender asked for anything that needs DSN. */
bool command_wants_dsn(const struct envelope *env);

#endif
