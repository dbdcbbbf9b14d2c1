# PostgreSQL for trying the system out: one server, its data on one node's disk, no back-up. A study that counts belongs on a
# PostgreSQL that somebody looks after; then this job is not needed.
#
# The password is in the Nomad variable nomad/jobs/<name>-postgres:
#   nomad var put nomad/jobs/observatory-postgres PASSWORD=…
# DATABASE_URL is then postgres://observatory:<password>@<node>:5432/observatory.

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

variable "postgres_image" {
  type        = string
  description = "Image for the docker driver."
  default     = "postgres:17"
}

variable "postgres_bin" {
  type        = string
  description = "Folder of initdb and postgres on the node, for exec and raw_exec."
  default     = "/usr/lib/postgresql/17/bin"
}

variable "postgres_user" {
  type        = string
  description = "User of the node that it runs as, for exec and raw_exec: PostgreSQL refuses to run as root."
  default     = "postgres"
}

variable "postgres_port" {
  type        = number
  description = "Port that it listens on, in the network of its node."
  default     = 5432
}

variable "postgres_cpu" {
  type        = number
  description = "CPU in MHz."
  default     = 500
}

variable "postgres_memory" {
  type        = number
  description = "Memory in MB."
  default     = 512
}

variable "postgres_disk" {
  type        = number
  description = "Disk in MB."
  default     = 2000
}

locals {
  job = "${var.name}-postgres"
  bin = var.driver == "docker" ? "/usr/lib/postgresql/17/bin" : var.postgres_bin

  # A folder that initdb did not finish is begun again.
  start = <<-SCRIPT
    set -eu
    data=$1/postgres
    if [ ! -e "$data/PG_VERSION" ]; then
      rm -rf "$data.new"
      initdb --pgdata="$data.new" --username=observatory --pwfile="$2/PASSWORD" --auth=scram-sha-256 --encoding=UTF8 >&2
      echo "create database observatory;" | postgres --single -D "$data.new" postgres >&2
      echo "host all all all scram-sha-256" >> "$data.new/pg_hba.conf"
      mv "$data.new" "$data"
    fi
    exec postgres -D "$data" -p "$3" -c listen_addresses="*" -c unix_socket_directories=""
  SCRIPT

  environment = [
    "-i", "PATH=${local.bin}:/usr/bin:/bin", "LANG=C.UTF-8",
    "sh", "-c", local.start, "postgres", "$${NOMAD_ALLOC_DIR}/data", "$${NOMAD_SECRETS_DIR}", "$${NOMAD_PORT_db}",
  ]
}

job "postgres" {
  id          = local.job
  name        = local.job
  namespace   = var.namespace
  datacenters = var.datacenters
  node_pool   = var.service_node_pool
  type        = "service"
  priority    = 60

  meta {
    part = "PostgreSQL, for evaluation only"
  }

  dynamic "constraint" {
    for_each = var.service_constraints

    content {
      attribute = constraint.value.attribute
      operator  = constraint.value.operator
      value     = constraint.value.value
    }
  }

  group "postgres" {
    count = 1

    ephemeral_disk {
      size    = var.postgres_disk
      sticky  = true
      migrate = true
    }

    network {
      port "db" {
        static = var.postgres_port
      }
    }

    service {
      name     = "${var.name}-postgres"
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

    task "postgres" {
      # Whom the image calls so, or the node.
      user         = var.driver == "docker" ? "postgres" : var.postgres_user
      driver       = var.driver
      kill_timeout = "30s"
      kill_signal  = "SIGINT"

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
          image        = var.postgres_image
          entrypoint   = ["/usr/bin/env"]
          args         = local.environment
          network_mode = "host"
          security_opt = ["no-new-privileges"]
          pids_limit   = 256
        }
      }

      template {
        destination          = "${NOMAD_SECRETS_DIR}/PASSWORD"
        data                 = "{{ with nomadVar \"nomad/jobs/${local.job}\" }}{{ .PASSWORD }}{{ end }}"
        error_on_missing_key = true
        change_mode          = "noop"
      }

      resources {
        cpu    = var.postgres_cpu
        memory = var.postgres_memory
      }

      logs {
        max_files     = 2
        max_file_size = 10
      }
    }
  }
}
