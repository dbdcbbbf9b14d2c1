# What the manager's token may do in Nomad: see, dispatch and stop instances, and ask what room the nodes have.
#   nomad acl policy apply observatory-manager jobs/policies/manager.hcl
#   nomad acl token create -name observatory-manager -policy observatory-manager
# Where the job files' variable `namespace` is another, change it here too.
namespace "observatory" {
  # Stopping a child is deregistering it, which Nomad counts as submit-job.
  capabilities = ["list-jobs", "read-job", "dispatch-job", "submit-job"]
}

node {
  policy = "read"
}
