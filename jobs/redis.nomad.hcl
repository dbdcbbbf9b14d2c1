# Redis for trying the system out. Nothing is kept on disk: the manager fills it from Postgres.
#
# The password is in the Nomad variable nomad/jobs/<name>-redis:
#   nomad var put nomad/jobs/observatory-redis PASSWORD=…
# REDIS_URL is then redis://:<password>@<node>:6379/0.

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

variable "redis_image" {
  type        = string
  description = "Image for the docker driver."
  default     = "redis:7"
}

variable "redis" {
  type        = string
  description = "The program on the node, for exec and raw_exec: a name on the path or an absolute path."
  default     = "redis-server"
}

variable "redis_port" {
  type        = number
  description = "Port that it listens on, in the network of its node."
  default     = 6379
}

variable "redis_cpu" {
  type        = number
  description = "CPU in MHz."
  default     = 200
}

variable "redis_memory" {
  type        = number
  description = "Memory in MB."
  default     = 128
}

variable "redis_disk" {
  type        = number
  description = "Disk in MB."
  default     = 50
}

locals {
  job         = "${var.name}-redis"
  environment = ["-i", "PATH=/usr/local/bin:/usr/bin:/bin", var.redis, "$${NOMAD_SECRETS_DIR}/redis.conf"]
}

job "redis" {
  id          = local.job
  name        = local.job
  namespace   = var.namespace
  datacenters = var.datacenters
  node_pool   = var.service_node_pool
  type        = "service"
  priority    = 60

  meta {
    part = "Redis, for evaluation only"
  }

  dynamic "constraint" {
    for_each = var.service_constraints

    content {
      attribute = constraint.value.attribute
      operator  = constraint.value.operator
      value     = constraint.value.value
    }
  }

  group "redis" {
    count = 1

    ephemeral_disk {
      size    = var.redis_disk
      sticky  = true
      migrate = true
    }

    network {
      port "db" {
        static = var.redis_port
      }
    }

    service {
      name     = "${var.name}-redis"
      provider = "consul"
      port     = "db"
      tags     = ["traefik.enable=false"]

      check {
        name     = "listens"
        type     = "tcp"
        interval = "5s"
        timeout  = "3s"
      }
    }

    task "redis" {
      driver       = var.driver
      kill_timeout = "30s"

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
          image        = var.redis_image
          entrypoint   = ["/usr/bin/env"]
          args         = local.environment
          network_mode = "host"
          security_opt = ["no-new-privileges"]
          pids_limit   = 256
        }
      }

      # In a file, as every user of the node can read a command line.
      template {
        destination          = "${NOMAD_SECRETS_DIR}/redis.conf"
        data                 = <<-CONF
          port {{ env "NOMAD_PORT_db" }}
          save ""
          appendonly no
          {{ with nomadVar "nomad/jobs/${local.job}" }}requirepass {{ .PASSWORD }}{{ end }}
        CONF
        error_on_missing_key = true
        perms                = var.driver == "raw_exec" ? "600" : "644"
      }

      resources {
        cpu    = var.redis_cpu
        memory = var.redis_memory
      }

      logs {
        max_files     = 2
        max_file_size = 10
      }
    }
  }
}
