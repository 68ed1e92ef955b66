# SPDX-License-Identifier: Apache-2.0
# technique: setcap gives a program a capability
# alert: Capability given to a file
# field: proc.args=cap_setuid+ep *
cp /bin/true x; setcap cap_setuid+ep x || true
