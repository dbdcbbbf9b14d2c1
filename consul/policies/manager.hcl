# What the manager's token may do in Consul: hold the leader lock, and see which instances pass their checks.
#   consul acl policy create -name observatory-manager -rules @consul/policies/manager.hcl
session_prefix "" {
  policy = "write"
}

key_prefix "observatory/" {
  policy = "write"
}

# Where the job file's variable `service` is changed, change it here too.
service "observatory-instance" {
  policy = "read"
}

node_prefix "" {
  policy = "read"
}
