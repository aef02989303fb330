/* run_worker: the processes of a queue run; deliver/run's own. */
#ifndef DELIVER_RUN_WORKER_H
#define DELIVER_RUN_WORKER_H

#include "deliver/run_course.h"

/* The first worker for a's board; false: it cannot be had. */
bool run_worker_start(struct run_course *c, struct run_account *a);

#endif
