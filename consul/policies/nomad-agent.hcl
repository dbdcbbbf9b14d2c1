# What the token of Nomad's agents may do in Consul (`consul { token }` of their configuration): register this system's services,
# and itself. Where Nomad runs other jobs too, it needs their services as well: service_prefix "" { policy = "write" }.
#   consul acl policy create -name nomad-agent -rules @consul/policies/nomad-agent.hcl
service_prefix "observatory" {
  policy = "write"
}

service_prefix "nomad" {
  policy = "write"
}

agent_prefix "" {
  policy = "read"
}

# The job files' templates ask the catalogue for the gate's address.
node_prefix "" {
  policy = "read"
}
