# The manager keeps the pool of instances. Two run, one leads; the other takes over when its lock in Consul is free.
#
# Its secrets are in the Nomad variable nomad/jobs/<name>-manager. The tokens need the policies jobs/policies/manager.hcl and
# consul/policies/manager.hcl; leave them out where the cluster has no ACLs (and set nomad_acl or consul_acl to false):
#   nomad var put nomad/jobs/observatory-manager DATABASE_URL=… REDIS_URL=… OBSERVATORY_SECRET=… \
#     NOMAD_TOKEN=… CONSUL_HTTP_TOKEN=…
# With mTLS the variable also holds the certificates: NOMAD_CACERT, NOMAD_CLIENT_CERT and NOMAD_CLIENT_KEY with nomad_tls,
# CONSUL_CACERT, CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY with consul_tls, each the text of a PEM file.

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

variable "traefik_url" {
  type        = string
  description = "Where the web app and the manager reach instances, as participants do: Traefik's entry point inside the cluster; the public URL if empty."
  default     = ""
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

variable "instance_job" {
  type        = string
  description = "Id of the parent job of the instances, as `observatory deploy` registered it: job_id of instance.nomad.hcl."
  default     = "observatory-instance"
}

variable "profiles" {
  type        = string
  description = "Pools by profile, as the YAML text of docs/operators.md; where it is empty, the variables below describe the one pool."
  default     = ""
}

variable "pool_min" {
  type        = number
  description = "Warm instances at least."
  default     = 2
}

variable "pool_max" {
  type        = number
  description = "Warm instances at most."
  default     = 10
}

variable "max_instances" {
  type        = number
  description = "Ceiling of instances alive."
  default     = 200
}

variable "manager_count" {
  type        = number
  description = "How many run; one leads."
  default     = 2
}

variable "manager_cpu" {
  type        = number
  description = "CPU of each in MHz."
  default     = 300
}

variable "manager_memory" {
  type        = number
  description = "Memory of each in MB."
  default     = 256
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
  job = "${var.name}-manager"
  secrets = concat(
    ["DATABASE_URL", "REDIS_URL", "OBSERVATORY_SECRET"],
    var.nomad_acl ? ["NOMAD_TOKEN"] : [],
    var.consul_acl ? ["CONSUL_HTTP_TOKEN"] : [],
  )
  certificates = concat(
    var.nomad_tls ? ["NOMAD_CACERT", "NOMAD_CLIENT_CERT", "NOMAD_CLIENT_KEY"] : [],
    var.consul_tls ? ["CONSUL_CACERT", "CONSUL_CLIENT_CERT", "CONSUL_CLIENT_KEY"] : [],
  )

  # raw_exec hands a task the agent's whole environment, so the program is started with a clean one. What Nomad resolves on
  # the node is written with two dollar signs here.
  environment = concat(
    ["-i", "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "NODE_ENV=production"],
    [for secret in local.secrets : "${secret}_FILE=$${NOMAD_SECRETS_DIR}/${secret}"],
    [for certificate in local.certificates : "${certificate}=$${NOMAD_SECRETS_DIR}/${certificate}"],
    var.profiles == "" ? [] : ["OBSERVATORY_PROFILES=$${NOMAD_TASK_DIR}/profiles.yaml"],
    [
      "NOMAD_ADDR=${var.nomad_addr}",
      "NOMAD_NAMESPACE=${var.namespace}",
      "CONSUL_HTTP_ADDR=${var.consul_addr}",
      "OBSERVATORY_CONSUL_PREFIX=${var.name}",
      "OBSERVATORY_PUBLIC_URL=${var.public_url}",
      "OBSERVATORY_TRAEFIK_URL=${var.traefik_url}",
      "OBSERVATORY_INSTANCE_JOB=${var.instance_job}",
      "OBSERVATORY_INSTANCE_JOB_FILE=none",
      "OBSERVATORY_POOL_MIN=${var.pool_min}",
      "OBSERVATORY_POOL_MAX=${var.pool_max}",
      "OBSERVATORY_MAX_INSTANCES=${var.max_instances}",
      "OBSERVATORY_LOG_LEVEL=${var.log_level}",
      "OBSERVATORY_MANAGER_LISTEN=$${NOMAD_IP_metrics}:$${NOMAD_PORT_metrics}",
    ],
    var.observatory,
    ["manager"],
  )
}

job "manager" {
  id          = local.job
  name        = local.job
  namespace   = var.namespace
  datacenters = var.datacenters
  node_pool   = var.service_node_pool
  type        = "service"
  priority    = 60

  meta {
    part    = "keeps the pool of instances"
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

  # One after the other: while one is replaced, the other leads. No canary, since a third would gain nothing.
  update {
    max_parallel      = 1
    auto_revert       = true
    health_check      = "checks"
    min_healthy_time  = var.min_healthy_time
    healthy_deadline  = "3m"
    # The first that fails ends it: otherwise Nomad tries others for minutes.
    progress_deadline = "0s"
  }

  group "manager" {
    count = var.manager_count

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
      port "metrics" {}
    }

    # Prometheus finds /metrics by this service. For operators: no route of Traefik leads here.
    service {
      name     = "${var.name}-manager"
      provider = "consul"
      port     = "metrics"
      tags     = ["traefik.enable=false"]

      check {
        name     = "passes"
        type     = "http"
        path     = "/healthz"
        interval = "5s"
        timeout  = "3s"
      }
    }

    task "manager" {
      driver       = var.driver
      kill_timeout = "20s"

      dynamic "config" {
        for_each = var.driver == "docker" ? [] : ["process"]

        content {
          command = "/usr/bin/env"
          args    = local.environment
        }
      }

      dynamic "config" {
        for_each = var.driver == "docker" ? ["container"] : []

        content {
          image           = var.observatory_image
          entrypoint      = ["/usr/bin/env"]
          args            = local.environment
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
          splay                = "30s"
        }
      }

      dynamic "template" {
        for_each = var.profiles == "" ? [] : [var.profiles]

        content {
          destination = "${NOMAD_TASK_DIR}/profiles.yaml"
          data        = template.value
        }
      }

      resources {
        cpu    = var.manager_cpu
        memory = var.manager_memory
      }

      logs {
        max_files     = 3
        max_file_size = 10
      }
    }
  }
}
