# One participant's instance: a Jupyter server that executes code. The manager registers this parent once and dispatches
# a child for every instance; it stops a child by deregistering it. Nothing personal is in here or in the meta.

variable "job_id" {
  type        = string
  description = "Id of the parent job. The manager's setting OBSERVATORY_INSTANCE_JOB must name the same."
  default     = "observatory-instance"
}

variable "datacenters" {
  type        = list(string)
  description = "Datacenters that instances may be placed in."
  default     = ["*"]
}

variable "namespace" {
  type        = string
  description = "Nomad namespace of the parent and its children."
  default     = "default"
}

variable "node_pool" {
  type        = string
  description = "Node pool that instances are placed in."
  default     = "default"
}

variable "constraints" {
  type        = list(object({ attribute = string, operator = string, value = string }))
  description = "What a node must have, such as [{ attribute = \"$${meta.purpose}\", operator = \"=\", value = \"study\" }]."
  default     = []
}

variable "priority" {
  type        = number
  description = "Priority in Nomad's queue, 1 to 100; below the web app's, which must find room first."
  default     = 40

  validation {
    condition     = var.priority >= 1 && var.priority <= 100
    error_message = "Expected a priority of 1 to 100."
  }
}

variable "driver" {
  type        = string
  description = "Task driver: docker for clusters, exec or raw_exec for one machine. Only docker isolates participants."
  default     = "docker"

  validation {
    condition     = var.driver == "docker" || var.driver == "exec" || var.driver == "raw_exec"
    error_message = "Expected docker, exec or raw_exec."
  }
}

variable "profile" {
  type        = string
  description = "Profile of these instances, for whoever reads the Nomad UI; a study names the profile that it needs."
  default     = "default"
}

variable "release" {
  type        = string
  description = "Release of the platform, for whoever reads the Nomad UI; `observatory deploy` gives it."
  default     = "unreleased"
}

variable "image" {
  type        = string
  description = "Image for the docker driver, built from the folder instance/."
  default     = "observatory-instance:latest"
}

variable "docker_network" {
  type        = string
  description = "Docker network of the instances, to be made on each node: without a way out. docs/operators.md shows how."
  default     = "observatory"
}

variable "python" {
  type        = string
  description = "Python with the pinned requirements of instance/, for exec and raw_exec: an absolute path or a name in /usr/bin."
  default     = "python3"
}

variable "instance_dir" {
  type        = string
  description = "Folder on the client that holds instance.py, for exec and raw_exec."
  default     = "/opt/observatory/instance"
}

variable "service" {
  type        = string
  description = "Consul service name that all instances share."
  default     = "observatory-instance"
}

variable "entrypoint" {
  type        = string
  description = "Traefik entry point that participants come in by."
  default     = "web"
}

variable "gate_middleware" {
  type        = string
  description = "Traefik middleware that asks the web app who may reach the instance."
  default     = "observatory-gate@file"
}

variable "check_interval" {
  type        = string
  description = "How often Consul checks an instance. Short: the first passing check is what a participant waits for."
  default     = "1s"
}

variable "cpu" {
  type        = number
  description = "CPU of one instance in MHz."
  default     = 512

  validation {
    condition     = var.cpu >= 50
    error_message = "Expected at least 50 MHz."
  }
}

variable "memory" {
  type        = number
  description = "Memory of one instance in MB; a hard limit with docker and exec, and for the participant's programs everywhere."
  default     = 128

  validation {
    condition     = var.memory >= 112
    error_message = "Expected at least 112 MB: a server and a kernel with the study's libraries take about 90."
  }
}

variable "memory_max" {
  type        = number
  description = "Memory in MB that an instance may reach where the cluster allows oversubscription; 0 = no more than memory."
  default     = 0
}

variable "disk" {
  type        = number
  description = "Disk of one instance in MB: half for the participant's files, and 5 for the logs. Nomad's default of 300 would limit how many fit on a node."
  default     = 32

  validation {
    condition     = var.disk >= 10
    error_message = "Expected at least 10 MB: the logs take up to half of that."
  }
}

variable "pids" {
  type        = number
  description = "Processes and threads of one instance: a hard limit with docker. The participant's programs are ended at half of it."
  default     = 256

  validation {
    condition     = var.pids >= 64
    error_message = "Expected at least 64: a server and a kernel have about 20 threads."
  }
}

variable "tmp" {
  type        = number
  description = "Size of /tmp in MB, which counts as memory (docker)."
  default     = 32
}

variable "kill_timeout" {
  type        = string
  description = "Time between the interrupt and the kill when an instance is stopped."
  default     = "5s"
}

# What the server ends the participant's programs at.
locals {
  memory    = var.memory_max > var.memory ? var.memory_max : var.memory
  processes = var.pids / 2
  disk      = var.disk / 2
}

job "observatory-instance" {
  id          = var.job_id
  name        = var.job_id
  namespace   = var.namespace
  datacenters = var.datacenters
  node_pool   = var.node_pool
  type        = "batch"
  priority    = var.priority

  # For whoever reads the Nomad UI: what this is, never who works on it.
  meta {
    profile = var.profile
    release = var.release
  }

  dynamic "constraint" {
    for_each = var.constraints

    content {
      attribute = constraint.value.attribute
      operator  = constraint.value.operator
      value     = constraint.value.value
    }
  }

  parameterized {
    payload       = "forbidden"
    meta_required = ["instance_id", "token_hash"]
    meta_optional = ["profile"]
  }

  # No `spread`: Nomad counts it within one job, and each instance is a job. Whether instances fill a node or go round the
  # nodes is the scheduler's algorithm, `nomad operator scheduler set-config -scheduler-algorithm=spread`.
  group "instance" {
    count = 1

    # A dead instance is replaced by a fresh one that the manager dispatches, never by Nomad.
    restart {
      attempts = 0
      mode     = "fail"
    }

    reschedule {
      attempts  = 0
      unlimited = false
    }

    ephemeral_disk {
      size = var.disk
    }

    network {
      port "http" {}
    }

    # All instances share one Consul service name, so each names its own Traefik router and its own Traefik service.
    service {
      name     = var.service
      provider = "consul"
      port     = "http"

      tags = [
        "traefik.enable=true",
        "traefik.http.routers.i-${NOMAD_META_instance_id}.rule=PathPrefix(`/proxy/${NOMAD_META_instance_id}/api/`)",
        "traefik.http.routers.i-${NOMAD_META_instance_id}.entrypoints=${var.entrypoint}",
        "traefik.http.routers.i-${NOMAD_META_instance_id}.middlewares=${var.gate_middleware}",
        "traefik.http.routers.i-${NOMAD_META_instance_id}.service=i-${NOMAD_META_instance_id}",
        "traefik.http.services.i-${NOMAD_META_instance_id}.loadbalancer.passhostheader=true",
      ]

      check {
        type     = "http"
        path     = "/proxy/${NOMAD_META_instance_id}/api"
        interval = var.check_interval
        timeout  = "2s"
      }
    }

    dynamic "task" {
      for_each = var.driver == "docker" ? [] : [var.driver]
      labels   = ["server"]

      content {
        driver       = task.value
        kill_timeout = var.kill_timeout

        # raw_exec hands a task the agent's whole environment, so the server is started with a clean one.
        config {
          command = "/usr/bin/env"
          args = [
            "-i",
            "PATH=/usr/bin:/bin",
            "LANG=C.UTF-8",
            "HOME=${NOMAD_TASK_DIR}",
            "INSTANCE_ID=${NOMAD_META_instance_id}",
            "INSTANCE_TOKEN_HASH=${NOMAD_META_token_hash}",
            "INSTANCE_ADDRESS=${NOMAD_IP_http}",
            "INSTANCE_PORT=${NOMAD_PORT_http}",
            # What the server holds the participant's programs to; with raw_exec nothing else does.
            "INSTANCE_MEMORY=${local.memory}",
            "INSTANCE_PROCESSES=${local.processes}",
            "INSTANCE_DISK=${local.disk}",
            "INSTANCE_FOLDERS=${NOMAD_ALLOC_DIR}/tmp:${NOMAD_ALLOC_DIR}/data",
            "TMPDIR=${NOMAD_ALLOC_DIR}/tmp",
            # What is freed goes back to the node.
            "MALLOC_ARENA_MAX=2",
            "MALLOC_MMAP_THRESHOLD_=131072",
            var.python,
            "${var.instance_dir}/instance.py",
          ]
        }

        resources {
          cpu        = var.cpu
          memory     = var.memory
          memory_max = var.memory_max
        }

        logs {
          max_files     = 1
          max_file_size = 5
        }
      }
    }

    dynamic "task" {
      for_each = var.driver == "docker" ? [var.driver] : []
      labels   = ["server"]

      content {
        driver       = task.value
        kill_timeout = var.kill_timeout

        env {
          HOME                   = "${NOMAD_TASK_DIR}"
          INSTANCE_ID            = "${NOMAD_META_instance_id}"
          INSTANCE_TOKEN_HASH    = "${NOMAD_META_token_hash}"
          INSTANCE_ADDRESS       = "0.0.0.0"
          INSTANCE_PORT          = "${NOMAD_PORT_http}"
          INSTANCE_MEMORY        = local.memory
          INSTANCE_PROCESSES     = local.processes
          INSTANCE_DISK          = local.disk
          INSTANCE_FOLDERS       = "/tmp:${NOMAD_ALLOC_DIR}/tmp:${NOMAD_ALLOC_DIR}/data"
          TMPDIR                 = "/tmp"
          MALLOC_ARENA_MAX       = 2
          MALLOC_MMAP_THRESHOLD_ = 131072
        }

        config {
          image           = var.image
          ports           = ["http"]
          network_mode    = var.docker_network
          cap_drop        = ["all"]
          security_opt    = ["no-new-privileges"]
          readonly_rootfs = true
          pids_limit      = var.pids

          mount {
            type   = "tmpfs"
            target = "/tmp"
            tmpfs_options {
              size = var.tmp * 1048576
            }
          }
        }

        resources {
          cpu        = var.cpu
          memory     = var.memory
          memory_max = var.memory_max
        }

        logs {
          max_files     = 1
          max_file_size = 5
        }
      }
    }
  }
}
