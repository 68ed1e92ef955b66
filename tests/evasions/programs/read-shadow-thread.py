# SPDX-License-Identifier: Apache-2.0
# technique: A thread that is not the first reads /etc/shadow
# alert: Sensitive file read
# field: fd.name=/etc/shadow
import threading

thread = threading.Thread(target=lambda: open("/etc/shadow").close())
thread.start()
thread.join()
