# What the token of whoever runs `observatory deploy` may do in Nomad.
#   nomad acl policy apply observatory-deploy jobs/policies/deploy.hcl
#   nomad acl token create -name observatory-deploy -policy observatory-deploy
# Web and Traefik need no token of Nomad's: a task reads its own job's variable by the identity that Nomad gives it.
namespace "observatory" {
  # read-logs is for `nomad alloc logs`, which `deploy` names when a program does not start.
  capabilities = ["list-jobs", "read-job", "submit-job", "read-logs"]

  # Whether the secrets are there, before a job waits for them. Who may submit a job of this name could read them anyway.
  variables {
    path "nomad/jobs/observatory-*" {
      capabilities = ["read"]
    }
  }
}
