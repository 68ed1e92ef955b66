# SPDX-License-Identifier: Apache-2.0
# technique: A program is deleted and then run by its descriptor
# alert: Program started by its descriptor
# field: evt.arg.filename=/proc/self/fd/3
cp /bin/true x; exec 3< x; rm x; /proc/self/fd/3
