/* sasl_fault: THE table of what libgsasl's return codes mean to a person. */
#ifndef AUTH_SASL_FAULT_H
#define AUTH_SASL_FAULT_H

#include "auth/mech.h"

struct err;

/*
 * Sets e to what rc of libgsasl means in an exchange by mech (NULL: before one
 * was chosen), with its kind and, where there is one, a hint.  Returns false;
 * does not return where memory is exhausted.
 */
bool sasl_fault(const struct mech *mech, int rc, struct err *e);

#endif
