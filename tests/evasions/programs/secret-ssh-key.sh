# SPDX-License-Identifier: Apache-2.0
# technique: A private SSH key is read
# alert: Private SSH key read
# field: fd.name=*/.ssh/id_ed25519
mkdir .ssh; echo x > .ssh/id_ed25519; cat .ssh/id_ed25519
