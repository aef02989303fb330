#include "config.h"

#include "queue/id.h"

#include <stddef.h>
#include <sys/random.h>
#include <time.h>

#include "base/ascii.h"

#define TIME_DIGITS 11 /* 55 bits: until the year 3111 */
#define BITS 5
#define LENGTH_MIN 8 /* of IDs that others may have made */

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void put(char *out, size_t n, uint64_t value)
{
	while (n-- > 0) {
		out[n] = digits[value & ((1U << BITS) - 1)];
		value >>= BITS;
	}
}

void id_make(char out[ITEM_ID_SIZE], uint64_t us, unsigned chance)
{
	put(out, TIME_DIGITS, us);
	put(out + TIME_DIGITS, ID_LENGTH - TIME_DIGITS, chance);
	out[ID_LENGTH] = '\0';
}

bool id_choose(char out[ITEM_ID_SIZE])
{
	struct timespec now;
	unsigned chance;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0 ||
	    getrandom(&chance, sizeof(chance), 0) < 0)
		return false;
	id_make(out,
		(uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000,
		chance);
	return true;
}

bool id_fits(struct view v)
{
	if (v.n < LENGTH_MIN || v.n >= ITEM_ID_SIZE)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_is_upper(v.p[i]) && !ascii_is_digit(v.p[i]))
			return false;
	return true;
}
