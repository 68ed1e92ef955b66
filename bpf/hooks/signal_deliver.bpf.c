/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * A signal reaches a thread, which is the current one.  Attached only while some rule needs it.
 */
#include "lib/record/scope.h"

/* si_code of signals that a process sent; others that are not positive were, too. */
#define SI_USER 0

enum signal_number {
	SIGHUP = 1,
	SIGINT = 2,
	SIGQUIT = 3,
	SIGKILL = 9,
	SIGTERM = 15,
	SIGCHLD = 17,
	SIGTSTP = 20,
	SIGRTMIN = 32,
};

/* Process that sent the signal, or that it is about; 0 where the signal does not say. */
static __always_inline int signal__sender(int sig, struct kernel_siginfo *info)
{
	switch (sig) {
	case SIGKILL:
	case SIGCHLD:
		return kernel__get(info, _sifields._kill._pid);
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGTERM:
	case SIGTSTP:
		return kernel__get(info, si_code) <= SI_USER ? kernel__get(info, _sifields._kill._pid) : 0;
	default:
		return sig >= SIGRTMIN ? kernel__get(info, _sifields._kill._pid) : 0;
	}
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_deliver, int sig, struct kernel_siginfo *siginfo)
{
	struct task_struct *task = kernel__current();
	struct ev_signaldeliver ev = {};

	if (!scope__has(task))
		return 0;
	event__start(&ev.hdr, task, EV_SIGNALDELIVER, EV_SLOT_SIGNALDELIVER, event__fixed(signaldeliver), 0);
	ev.spid = signal__sender(sig, kernel__cast(struct kernel_siginfo, siginfo));
	ev.dpid = task->pid;
	ev.sig = sig;
	return event__submit_small(&ev.hdr, event__fixed(signaldeliver), false);
}
