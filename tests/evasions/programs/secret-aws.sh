# SPDX-License-Identifier: Apache-2.0
# technique: Credentials of AWS are read
# alert: Credentials of a cloud read
# field: fd.name=*/.aws/credentials
mkdir .aws; echo x > .aws/credentials; cat .aws/credentials
