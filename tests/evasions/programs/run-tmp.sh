# SPDX-License-Identifier: Apache-2.0
# technique: A program is copied to /tmp and run
# alert: Program run from a world-writable directory
# field: proc.exepath=/tmp/x1
cp /bin/true /tmp/x1; /tmp/x1
