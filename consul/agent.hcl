# Added to the configuration of each Consul agent: ACLs with everything denied that no policy allows, and the API by mutual
# TLS. Consul 1.8 and later. docs/operators.md says how the tokens and certificates are made. Without TLS, take only `acl`.
acl {
  enabled                  = true
  default_policy           = "deny"
  enable_token_persistence = true
}

ports {
  https = 8501
  # Traefik and the manager come by https. Leave the plain port on for tools on the node itself, bound to loopback.
  http = 8500
}

addresses {
  http = "127.0.0.1"
}

ca_file                = "/etc/consul.d/tls/ca.crt"
cert_file              = "/etc/consul.d/tls/agent.crt"
key_file               = "/etc/consul.d/tls/agent.key"
verify_incoming        = true
verify_outgoing        = true
verify_server_hostname = true
