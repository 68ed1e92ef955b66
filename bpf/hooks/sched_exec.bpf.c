/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * A program was started.  The new memory is in place and nothing in it has run: the arguments are what the kernel
 * copied, and mm->exe_file is what it really loads.  Failed calls end in the fillers of execve and execveat.
 */
#include "lib/object/exe.h"
#include "lib/object/task_state.h"
#include "lib/object/proc.h"
#include "lib/record/scope.h"

/*
 * The last bytes of an argument vector that is longer than args: `from` is where args end.  The flag says that bytes
 * between the two are missing.
 */
static __always_inline void exec__fill_tail(struct ev_execve *ev, __u64 from, __u64 end)
{
	if (end - from > TEXT_MAX) {
		from = end - TEXT_MAX;
		ev->hdr.flags |= EVF_ARGS_TRUNCATED;
	}
	ev->args_tail = event__user_bytes(&ev->hdr, from, end - from);
}

static __always_inline void exec__fill_args(struct ev_execve *ev, struct task_struct *task)
{
	__u64 args = proc__fill_argv(ev), end = task->mm->arg_end;

	if (!args || end <= args)
		return;
	end--; /* the last NUL */
	ev->args_len = end - args;
	if (ev->args_len > ev->args.len)
		exec__fill_tail(ev, args + ev->args.len, end);
}

/*
 * The path as it was passed.  For a script it names the script, while the file that the kernel loads is the
 * interpreter: then there is no object at hand that the path could be resolved to.
 */
static __always_inline void exec__fill_filename(struct ev_execve *ev, struct task_struct *task,
						struct linux_binprm *bprm)
{
	struct ev_ref name = event__kernel_str(&ev->hdr, bprm->filename);
	struct record *rec = (struct record *)ev;

	ev->filename.name = name;
	if (!event__begins_with(rec, name, '/'))
		ev->filename.base = event__unpack(
			path__mount_path(rec, kernel__addr(task->fs, pwd.mnt), kernel__addr(task->fs, pwd.dentry)));
	if (bprm->filename == bprm->interp)
		ev->filename.real = ev->trusted_exepath.real;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_exec, struct task_struct *self, int old_tid, struct linux_binprm *bprm)
{
	struct task_struct *task = kernel__current();
	enum scope_life scope = scope__life(task);
	struct ev_execve *ev;

	if (scope == SCOPE_OUT)
		return 0;
	ev = event__struct(execve, SCRATCH_EXEC);
	if (!ev)
		return 0;
	event__start(&ev->hdr, task, EV_EXECVE, EV_SLOT_EXECVE, event__fixed(execve), SCRATCH_EXEC);
	if (scope == SCOPE_STATE_ONLY)
		ev->hdr.flags |= EVF_STATE_ONLY;
	if (g_cfg.needs_task_state)
		task_state__fill((struct record *)ev, event__fixed(execve));
	path__fill_cwd(&ev->hdr);
	exec__fill_args(ev, task);
	proc__fill(ev);
	proc__fill_exec(ev);
	proc__fill_env(ev);
	exe__fill(ev, kernel__addr(task->mm, exe_file));
	exec__fill_filename(ev, task, bprm);
	return event__submit_life(&ev->hdr);
}
