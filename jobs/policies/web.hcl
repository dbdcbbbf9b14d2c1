# What the web app's token may do in Nomad, where its pages show an instance's memory and log (`web_reads_nomad`): read.
#   nomad acl policy apply observatory-web jobs/policies/web.hcl
#   nomad acl token create -name observatory-web -policy observatory-web
# Where the job files' variable `namespace` is another, change it here too.
namespace "observatory" {
  capabilities = ["read-job", "read-logs"]
}
