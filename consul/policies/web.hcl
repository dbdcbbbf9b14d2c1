# What the web app's token may do in Consul: read the live settings.
#   consul acl policy create -name observatory-web -rules @consul/policies/web.hcl
key_prefix "observatory/" {
  policy = "read"
}
