# SPDX-License-Identifier: Apache-2.0
# technique: setcap (a stand-in) gives a program a capability
# alert: Capability given to a file
# field: proc.args=cap_setuid+ep *
cp /bin/true x; cp /bin/true setcap; ./setcap cap_setuid+ep x
