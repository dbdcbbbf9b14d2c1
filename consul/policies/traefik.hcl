# What Traefik's token may do in Consul: read the catalogue, and route to what is tagged for it.
#   consul acl policy create -name observatory-traefik -rules @consul/policies/traefik.hcl
service_prefix "" {
  policy = "read"
}

node_prefix "" {
  policy = "read"
}
