# Traefik: what participants reach. It takes its routes from Consul's catalogue and asks the gate about each request to an
# instance. Its configuration is the files of traefik/, read from the folder that holds jobs/ and traefik/: run Nomad's own
# command there, or `observatory deploy` anywhere.
#
# Its secrets are in the Nomad variable nomad/jobs/<name>-traefik: CONSUL_HTTP_TOKEN with the policy
# consul/policies/traefik.hcl (unless consul_acl is false), TLS_CERT and TLS_KEY where tls is "files", and CONSUL_CACERT,
# CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY where consul_tls is true:
#   nomad var put nomad/jobs/observatory-traefik CONSUL_HTTP_TOKEN=… TLS_CERT=@public.crt TLS_KEY=@public.key

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

variable "traefik_image" {
  type        = string
  description = "Image for the docker driver. The configuration is written for 3.7.15; an older one refuses it."
  default     = "traefik:v3.7.15"
}

variable "traefik" {
  type        = string
  description = "The program on the node, for exec and raw_exec: a name on the path or an absolute path."
  default     = "traefik"
}

variable "traefik_count" {
  type        = number
  description = "How many run, each on a node of its own since the ports are fixed. Name the nodes by traefik_constraints."
  default     = 1
}

variable "traefik_constraints" {
  type        = list(object({ attribute = string, operator = string, value = string }))
  description = "Which nodes it runs on: those that participants' names lead to. web's trusted_proxies are their addresses."
  default     = []
}

variable "public_port" {
  type        = number
  description = "Port that participants come in by: 443 with TLS, otherwise 80."
  default     = 80
}

variable "redirect_port" {
  type        = number
  description = "Port that sends to https; only with TLS, and then another than public_port."
  default     = 8080
}

variable "admin_port" {
  type        = number
  description = "Port of ping, metrics and dashboard. For operators: keep participants and instances away from it."
  default     = 8081
}

variable "tls" {
  type        = string
  description = "Where the certificate comes from: none (http only), files (the Nomad variable) or acme (an authority such as Let's Encrypt)."
  default     = "none"

  validation {
    condition     = contains(["none", "files", "acme"], var.tls)
    error_message = "Expected none, files or acme."
  }
}

variable "acme_email" {
  type        = string
  description = "Whom the authority writes to."
  default     = ""
}

variable "acme_server" {
  type        = string
  description = "Directory of the authority."
  default     = "https://acme-v02.api.letsencrypt.org/directory"
}

variable "traefik_throttle" {
  type        = string
  description = "How long changes of routes are collected: bounds Traefik's work when many instances come and go."
  default     = "2s"
}

variable "traefik_cpu" {
  type        = number
  description = "CPU in MHz."
  default     = 500
}

variable "traefik_memory" {
  type        = number
  description = "Memory in MB."
  default     = 256
}

variable "min_healthy_time" {
  type        = string
  description = "How long a new one must be healthy before the next is replaced."
  default     = "10s"
}

locals {
  job = "${var.name}-traefik"
  secrets = concat(
    var.consul_acl ? ["CONSUL_HTTP_TOKEN"] : [],
    var.consul_tls ? ["CONSUL_CACERT", "CONSUL_CLIENT_CERT", "CONSUL_CLIENT_KEY"] : [],
  )

  # raw_exec hands a task the agent's whole environment, and Traefik takes settings from it, so it starts with a clean one.
  # What Nomad resolves on the node is written with two dollar signs here.
  environment = concat(
    ["-i", "PATH=/usr/local/bin:/usr/bin:/bin", "CONSUL_HTTP_ADDR=${var.consul_addr}"],
    var.consul_acl ? ["CONSUL_HTTP_TOKEN_FILE=$${NOMAD_SECRETS_DIR}/CONSUL_HTTP_TOKEN"] : [],
    var.consul_tls ? [
      "CONSUL_CACERT=$${NOMAD_SECRETS_DIR}/CONSUL_CACERT",
      "CONSUL_CLIENT_CERT=$${NOMAD_SECRETS_DIR}/CONSUL_CLIENT_CERT",
      "CONSUL_CLIENT_KEY=$${NOMAD_SECRETS_DIR}/CONSUL_CLIENT_KEY",
    ] : [],
    [var.traefik, "--configFile=$${NOMAD_TASK_DIR}/static.yaml"],
  )

  # What Traefik itself watches.
  dynamic_files = merge(
    { gate = file("traefik/cluster/gate.yaml") },
    var.tls == "files" ? { tls = file("traefik/cluster/tls.yaml") } : {},
  )
}

job "traefik" {
  id          = local.job
  name        = local.job
  namespace   = var.namespace
  datacenters = var.datacenters
  node_pool   = var.service_node_pool
  type        = "service"
  priority    = 60

  meta {
    part    = "what participants reach"
    release = var.release
  }

  dynamic "constraint" {
    for_each = concat(var.service_constraints, var.traefik_constraints)

    content {
      attribute = constraint.value.attribute
      operator  = constraint.value.operator
      value     = constraint.value.value
    }
  }

  # The ports are fixed, so a new one can only start where the old one has ended: no canary. Pages reconnect by themselves.
  update {
    max_parallel      = 1
    auto_revert       = true
    health_check      = "checks"
    min_healthy_time  = var.min_healthy_time
    healthy_deadline  = "3m"
    # The first that fails ends it: otherwise Nomad tries others for minutes.
    progress_deadline = "0s"
  }

  group "traefik" {
    count = var.traefik_count

    restart {
      attempts = 3
      interval = "2m"
      delay    = "5s"
      mode     = "fail"
    }

    # Holds the certificates of an authority (tls = "acme"), also for the next one on the same node.
    ephemeral_disk {
      size   = 100
      sticky = true
    }

    network {
      port "public" {
        static = var.public_port
      }
      port "admin" {
        static = var.admin_port
      }

      dynamic "port" {
        for_each = var.tls == "none" ? [] : [var.redirect_port]
        labels   = ["redirect"]

        content {
          static = port.value
        }
      }
    }

    service {
      name     = "${var.name}-traefik"
      provider = "consul"
      port     = "public"
      tags     = ["traefik.enable=false"]

      check {
        name     = "answers"
        type     = "http"
        port     = "admin"
        path     = "/ping"
        interval = "5s"
        timeout  = "3s"
      }
    }

    task "traefik" {
      driver       = var.driver
      kill_timeout = "10s"

      # For the templates below.
      env {
        OBSERVATORY_TRAEFIK_LISTEN       = ":${NOMAD_PORT_public}"
        OBSERVATORY_TRAEFIK_ADMIN_LISTEN = "${NOMAD_IP_admin}:${NOMAD_PORT_admin}"
        OBSERVATORY_TRAEFIK_THROTTLE     = var.traefik_throttle
        OBSERVATORY_TRAEFIK_DYNAMIC      = "${NOMAD_SECRETS_DIR}/dynamic"
        OBSERVATORY_GATE_SERVICE         = "${var.name}-gate"

        OBSERVATORY_TRAEFIK_TLS             = var.tls == "none" ? "" : var.tls
        OBSERVATORY_TRAEFIK_REDIRECT_LISTEN = ":${var.redirect_port}"
        OBSERVATORY_TRAEFIK_HOST            = regex_replace(var.public_url, "^https?://([^:/]+).*$", "$1")
        OBSERVATORY_TRAEFIK_ACME_EMAIL      = var.acme_email
        OBSERVATORY_TRAEFIK_ACME_SERVER     = var.acme_server
      }

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
          image           = var.traefik_image
          entrypoint      = ["/usr/bin/env"]
          args            = local.environment
          network_mode    = "host"
          cap_drop        = ["all"]
          cap_add         = ["net_bind_service"]
          security_opt    = ["no-new-privileges"]
          readonly_rootfs = true
          pids_limit      = 256
        }
      }

      template {
        destination = "${NOMAD_TASK_DIR}/static.yaml"
        data        = file("traefik/static.yaml")
      }

      dynamic "template" {
        for_each = local.dynamic_files

        content {
          destination          = "${NOMAD_SECRETS_DIR}/dynamic/${template.key}.yaml"
          data                 = template.value
          error_on_missing_key = true
          perms                = var.driver == "raw_exec" ? "600" : "644"
          change_mode          = "noop"
        }
      }

      dynamic "template" {
        for_each = local.secrets

        content {
          destination          = "${NOMAD_SECRETS_DIR}/${template.value}"
          data                 = "{{ with nomadVar \"nomad/jobs/${local.job}\" }}{{ .${template.value} }}{{ end }}"
          error_on_missing_key = true
          perms                = var.driver == "raw_exec" ? "600" : "644"
        }
      }

      resources {
        cpu    = var.traefik_cpu
        memory = var.traefik_memory
      }

      logs {
        max_files     = 3
        max_file_size = 10
      }
    }
  }
}
