# The web app: participants' pages, the event intake, and the gate. Stateless; `web_count` of them run side by side.
#
# Its secrets are in the Nomad variable nomad/jobs/<name>-web, which only this job's tasks (and operators) can read:
#   nomad var put nomad/jobs/observatory-web DATABASE_URL=… REDIS_URL=… OBSERVATORY_SECRET=… CONSUL_HTTP_TOKEN=…
# The token has the policy consul/policies/web.hcl; leave it out with consul_acl = false. With web_reads_nomad the variable also holds
# OBSERVATORY_WEB_NOMAD_TOKEN with the policy jobs/policies/web.hcl, and with nomad_tls the certificates for Nomad. With consul_tls = true the variable also
# holds CONSUL_CACERT, CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY, each the text of a PEM file.
# They reach the program as files, so that neither the job nor the process's environment shows them.

variable "name" {
  type        = string
  description = "What this deployment's jobs and Consul services begin with."
  default     = "observatory"

  validation {
    condition     = regex_replace(var.name, "^[a-z][a-z0-9-]{0,40}$", "") == ""
    error_message = "Expected small letters, digits and hyphens."
  }
}

variable "namespace" {
  type        = string
  description = "Nomad namespace of all jobs of this deployment."
  default     = "default"
}

variable "datacenters" {
  type        = list(string)
  description = "Datacenters that it may be placed in."
  default     = ["*"]
}

variable "service_node_pool" {
  type        = string
  description = "Node pool of web, manager and Traefik; instances have their own variable node_pool."
  default     = "default"
}

variable "service_constraints" {
  type        = list(object({ attribute = string, operator = string, value = string }))
  description = "What a node must have to run web, manager or Traefik."
  default     = []
}

variable "driver" {
  type        = string
  description = "Task driver: docker, exec or raw_exec."
  default     = "docker"

  validation {
    condition     = contains(["docker", "exec", "raw_exec"], var.driver)
    error_message = "Expected docker, exec or raw_exec."
  }
}

variable "observatory_image" {
  type        = string
  description = "Image of the platform for the docker driver, built with jobs/Dockerfile."
  default     = "developer-observatory:local"
}

variable "observatory" {
  type        = list(string)
  description = "How the installed command is called, in the image or on the node: a name on the path, or a program with its arguments."
  default     = ["observatory"]
}

variable "release" {
  type        = string
  description = "Release of the platform. `observatory deploy` gives it, so that an upgrade changes the job."
  default     = "unreleased"
}

variable "public_url" {
  type        = string
  description = "What participants open: Traefik's entry point. With https the cookies are secure."
  default     = "http://localhost"

  validation {
    condition     = regex_replace(var.public_url, "^https?://[^/]+/?$", "") == ""
    error_message = "Expected an address such as https://study.example.org."
  }
}

variable "control_url" {
  type        = string
  description = "Address of the control pages, such as https://control.example.org, for a host name of their own; beside the participants' pages if empty."
  default     = ""

  validation {
    condition     = var.control_url == "" || regex_replace(var.control_url, "^https?://[^/]+/?$", "") == ""
    error_message = "Expected an address such as https://control.example.org."
  }
}

variable "oidc_issuer" {
  type        = string
  description = "OpenID Connect provider that users of the control pages may sign in with, such as https://id.example.org/realm; the Nomad variable then has OBSERVATORY_OIDC_CLIENT_SECRET too. None if empty."
  default     = ""
}

variable "oidc_client_id" {
  type        = string
  description = "What the provider calls this platform."
  default     = ""
}

variable "oidc_roles" {
  type        = string
  description = "Which role the provider's groups give, such as staff=researcher;admins=admin."
  default     = ""
}

variable "nomad_ui" {
  type        = string
  description = "Where people open Nomad's own interface, such as https://nomad.example.org: the control pages lead there; no links if empty."
  default     = ""
}

variable "instance_hour_cost" {
  type        = string
  description = "What an hour of an instance costs, such as 0.012 EUR: a study's page then says what a completed participant cost; hours alone if empty."
  default     = ""
}

variable "web_reads_nomad" {
  type        = bool
  description = "Whether the control pages show an instance's memory and the end of its log, which web asks Nomad for. With nomad_acl the Nomad variable then has OBSERVATORY_WEB_NOMAD_TOKEN too."
  default     = false
}

variable "nomad_addr" {
  type        = string
  description = "Nomad's HTTP API as the manager's node reaches it, and web's where it reads Nomad."
  default     = "http://127.0.0.1:4646"
}

variable "nomad_acl" {
  type        = bool
  description = "Whether the manager, and web where it reads Nomad, show Nomad a token."
  default     = true
}

variable "nomad_tls" {
  type        = bool
  description = "Whether the manager, and web where it reads Nomad, show Nomad a certificate."
  default     = false
}

variable "traefik_url" {
  type        = string
  description = "Where the web app and the manager reach instances, as participants do: Traefik's entry point inside the cluster; the public URL if empty."
  default     = ""
}

variable "trusted_proxies" {
  type        = list(string)
  description = "Addresses that Traefik's requests come from, or ranges such as 10.0.2.0/24: only these may ask the gate, and only their X-Forwarded-For is believed."
  default     = ["127.0.0.1", "::1"]
}

variable "entrypoint" {
  type        = string
  description = "Traefik entry point that participants come in by."
  default     = "web"
}

variable "consul_addr" {
  type        = string
  description = "Consul's HTTP API as web's, the manager's and Traefik's nodes reach it."
  default     = "http://127.0.0.1:8500"
}

variable "consul_acl" {
  type        = bool
  description = "Whether web, manager and Traefik show Consul a token."
  default     = true
}

variable "consul_tls" {
  type        = bool
  description = "Whether web, manager and Traefik show Consul a certificate."
  default     = false
}

variable "old_secrets" {
  type        = bool
  description = "Whether sessions signed with an earlier secret stay good: the Nomad variable then has OBSERVATORY_OLD_SECRETS too."
  default     = false
}

variable "captcha_secret" {
  type        = bool
  description = "Whether participants see a captcha: the Nomad variable then has OBSERVATORY_CAPTCHA_SECRET too, and the observatory variable names the service and the site key."
  default     = false
}

variable "web_count" {
  type        = number
  description = "How many run."
  default     = 2

  validation {
    condition     = var.web_count >= 1
    error_message = "Expected at least 1."
  }
}

variable "web_cpu" {
  type        = number
  description = "CPU of each in MHz."
  default     = 500
}

variable "web_memory" {
  type        = number
  description = "Memory of each in MB."
  default     = 256
}

variable "web_memory_max" {
  type        = number
  description = "Memory in MB that each may reach where the cluster allows oversubscription; 0 = no more than web_memory."
  default     = 0
}

variable "min_healthy_time" {
  type        = string
  description = "How long a new one must be healthy before the next is replaced."
  default     = "10s"
}

variable "log_level" {
  type        = string
  description = "trace, debug, info, warn or error."
  default     = "info"
}

locals {
  job = "${var.name}-web"
  secrets = concat(
    ["DATABASE_URL", "REDIS_URL", "OBSERVATORY_SECRET"],
    var.consul_acl ? ["CONSUL_HTTP_TOKEN"] : [],
    var.old_secrets ? ["OBSERVATORY_OLD_SECRETS"] : [],
    var.captcha_secret ? ["OBSERVATORY_CAPTCHA_SECRET"] : [],
    var.web_reads_nomad && var.nomad_acl ? ["OBSERVATORY_WEB_NOMAD_TOKEN"] : [],
    var.oidc_issuer == "" ? [] : ["OBSERVATORY_OIDC_CLIENT_SECRET"],
  )
  certificates = concat(
    var.web_reads_nomad && var.nomad_tls ? ["NOMAD_CACERT", "NOMAD_CLIENT_CERT", "NOMAD_CLIENT_KEY"] : [],
    var.consul_tls ? ["CONSUL_CACERT", "CONSUL_CLIENT_CERT", "CONSUL_CLIENT_KEY"] : [],
  )

  # raw_exec hands a task the agent's whole environment, so the program is started with a clean one. What Nomad resolves on
  # the node is written with two dollar signs here.
  environment = concat(
    ["-i", "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "NODE_ENV=production"],
    [for secret in local.secrets : "${secret}_FILE=$${NOMAD_SECRETS_DIR}/${secret}"],
    [for certificate in local.certificates : "${certificate}=$${NOMAD_SECRETS_DIR}/${certificate}"],
    [
      "CONSUL_HTTP_ADDR=${var.consul_addr}",
      "OBSERVATORY_CONSUL_PREFIX=${var.name}",
      "OBSERVATORY_PUBLIC_URL=${var.public_url}",
      "OBSERVATORY_CONTROL_URL=${var.control_url}",
      "OBSERVATORY_NOMAD_UI=${var.nomad_ui}",
      "OBSERVATORY_INSTANCE_HOUR_COST=${var.instance_hour_cost}",
      "OBSERVATORY_WEB_NOMAD_ADDR=${var.web_reads_nomad ? var.nomad_addr : ""}",
      "OBSERVATORY_OIDC_ISSUER=${var.oidc_issuer}",
      "OBSERVATORY_OIDC_CLIENT_ID=${var.oidc_client_id}",
      "OBSERVATORY_OIDC_ROLES=${var.oidc_roles}",
      "NOMAD_NAMESPACE=${var.namespace}",
      "OBSERVATORY_TRAEFIK_URL=${var.traefik_url}",
      "OBSERVATORY_TRUSTED_PROXIES=${join(",", var.trusted_proxies)}",
      "OBSERVATORY_LOG_LEVEL=${var.log_level}",
      "OBSERVATORY_LISTEN=$${NOMAD_IP_http}:$${NOMAD_PORT_http}",
      "OBSERVATORY_GATE_LISTEN=$${NOMAD_IP_gate}:$${NOMAD_PORT_gate}",
      "OBSERVATORY_WEB_METRICS_LISTEN=$${NOMAD_IP_metrics}:$${NOMAD_PORT_metrics}",
    ],
    var.observatory,
  )

  # No database yet when the first one starts: its migrations run before it, under a lock, so several may try.
  tasks = { migrate = "migrate", web = "web" }
}

job "web" {
  id          = local.job
  name        = local.job
  namespace   = var.namespace
  datacenters = var.datacenters
  node_pool   = var.service_node_pool
  type        = "service"
  priority    = 60

  meta {
    part    = "participants' pages, gate and event intake"
    release = var.release
  }

  dynamic "constraint" {
    for_each = var.service_constraints

    content {
      attribute = constraint.value.attribute
      operator  = constraint.value.operator
      value     = constraint.value.value
    }
  }

  spread {
    attribute = "${node.unique.id}"
  }

  # A new one proves itself beside the old ones first; a release that does not get healthy goes back by itself.
  update {
    max_parallel      = 1
    canary            = 1
    auto_promote      = true
    auto_revert       = true
    health_check      = "checks"
    min_healthy_time  = var.min_healthy_time
    healthy_deadline  = "3m"
    # The first that fails ends it: otherwise Nomad tries others for minutes.
    progress_deadline = "0s"
  }

  group "web" {
    count = var.web_count

    # Out of Consul first, so that Traefik sends nothing more; then what is under way is answered.
    shutdown_delay = "5s"

    restart {
      attempts = 3
      interval = "2m"
      delay    = "5s"
      mode     = "fail"
    }

    ephemeral_disk {
      size = 100
    }

    network {
      port "http" {}
      port "gate" {}
      port "metrics" {}
    }

    # Everything that no instance claims. A canary gets no participants before it is promoted.
    service {
      name     = "${var.name}-web"
      provider = "consul"
      port     = "http"

      tags = [
        "traefik.enable=true",
        "traefik.http.routers.${var.name}-web.rule=PathPrefix(`/`)",
        "traefik.http.routers.${var.name}-web.priority=1",
        "traefik.http.routers.${var.name}-web.entrypoints=${var.entrypoint}",
        "traefik.http.routers.${var.name}-web.service=${var.name}-web",
        "traefik.http.services.${var.name}-web.loadbalancer.passhostheader=true",
      ]
      canary_tags = ["traefik.enable=false"]

      check {
        name     = "ready"
        type     = "http"
        path     = "/readyz"
        interval = "5s"
        timeout  = "3s"
      }
    }

    # For Traefik's forwardAuth alone. Never tagged for Traefik: its answers carry instances' tokens, so no route may lead here.
    service {
      name     = "${var.name}-gate"
      provider = "consul"
      port     = "gate"
      tags     = ["traefik.enable=false"]

      check {
        name     = "listens"
        type     = "tcp"
        interval = "5s"
        timeout  = "3s"
      }
    }

    # Prometheus finds /metrics by this service. For operators: no route of Traefik leads here.
    service {
      name     = "${var.name}-web-metrics"
      provider = "consul"
      port     = "metrics"
      tags     = ["traefik.enable=false"]

      check {
        name     = "answers"
        type     = "http"
        path     = "/healthz"
        interval = "10s"
        timeout  = "3s"
      }
    }

    dynamic "task" {
      for_each = local.tasks
      labels   = [task.key]

      content {
        driver       = var.driver
        kill_timeout = "20s"

        dynamic "lifecycle" {
          for_each = task.key == "migrate" ? ["prestart"] : []

          content {
            hook    = lifecycle.value
            sidecar = false
          }
        }

        dynamic "config" {
          for_each = var.driver == "docker" ? [] : ["process"]

          content {
            command = "/usr/bin/env"
            args    = concat(local.environment, [task.value])
          }
        }

        dynamic "config" {
          for_each = var.driver == "docker" ? ["container"] : []

          content {
            image           = var.observatory_image
            entrypoint      = ["/usr/bin/env"]
            args            = concat(local.environment, [task.value])
            network_mode    = "host"
            cap_drop        = ["all"]
            security_opt    = ["no-new-privileges"]
            readonly_rootfs = true
            pids_limit      = 256
          }
        }

        dynamic "template" {
          for_each = concat(local.secrets, local.certificates)

          content {
            destination          = "${NOMAD_SECRETS_DIR}/${template.value}"
            data                 = "{{ with nomadVar \"nomad/jobs/${local.job}\" }}{{ .${template.value} }}{{ end }}"
            error_on_missing_key = true
            perms                = var.driver == "raw_exec" ? "600" : "644"
            change_mode          = task.key == "migrate" ? "noop" : "restart"
            splay                = "30s"
          }
        }

        resources {
          cpu        = task.key == "migrate" ? 100 : var.web_cpu
          memory     = task.key == "migrate" ? 128 : var.web_memory
          memory_max = task.key == "migrate" ? 0 : var.web_memory_max
        }

        logs {
          max_files     = 3
          max_file_size = 10
        }
      }
    }
  }
}
