# Added to the configuration of each Nomad agent: ACLs, its token for Consul, and the API by mutual TLS. Nomad 1.6.
# Without TLS, leave `tls` out, and of `consul` all but the address. Where tasks run by raw_exec, that plugin has to be enabled as well.
acl {
  enabled = true
}

consul {
  address   = "127.0.0.1:8501"
  ssl       = true
  ca_file   = "/etc/nomad.d/tls/ca.crt"
  cert_file = "/etc/nomad.d/tls/agent.crt"
  key_file  = "/etc/nomad.d/tls/agent.key"
  # The token, with consul/policies/nomad-agent.hcl, is best given as CONSUL_HTTP_TOKEN in the agent's environment: Nomad keeps
  # that one from its tasks.
}

tls {
  http                   = true
  rpc                    = true
  ca_file                = "/etc/nomad.d/tls/ca.crt"
  cert_file              = "/etc/nomad.d/tls/agent.crt"
  key_file               = "/etc/nomad.d/tls/agent.key"
  verify_server_hostname = true
  verify_https_client    = true
}
