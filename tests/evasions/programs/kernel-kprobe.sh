# SPDX-License-Identifier: Apache-2.0
# technique: A probe of a kernel function is set (in a folder in its place)
# alert: Probe of the kernel set
# field: fd.name=*/kprobe_events
unshare -m --propagation unchanged sh -c "mount -t tmpfs none /sys/kernel/debug; mkdir /sys/kernel/debug/tracing; echo p > /sys/kernel/debug/tracing/kprobe_events"
