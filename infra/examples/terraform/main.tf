# Deploys Certflow from Terraform: infra/azuredeploy.json as one deployment, and a resource group for it. NOT RUN: no
# Azure subscription and no Terraform were at hand; its syntax and the names of its parameters are tested.
#
# Terraform sees one deployment, and not what is in it: `az deployment group what-if` shows what would change, and
# `terraform destroy` deletes the group with all that is in it. Role assignments and event topics in the groups of
# existing vaults stay, and so do the custom roles: docs/operations.md, "Upgrade, roll back, remove".

terraform {
  required_version = ">= 1.9"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  subscription_id = var.subscription_id
  features {
    template_deployment {
      # Otherwise what the deployment made would be deleted one by one, in no order that would work.
      delete_nested_items_during_deletion = false
    }
    resource_group {
      # The group holds what the deployment made, which Terraform does not know.
      prevent_deletion_if_contains_resources = false
    }
  }
}

variable "subscription_id" {
  type = string
}

variable "location" {
  type    = string
  default = "westeurope"
}

variable "vaults" {
  description = "The vaults: alias, and the resource id of one that exists; without an id a new one is made."
  type        = list(object({ alias = string, id = optional(string) }))
  default     = [{ alias = "main" }]
}

variable "mail_to" {
  type    = list(string)
  default = ["pki-team@example.com"]
}

variable "sign_in" {
  description = "What infra/entra/register.sh prints; null: whoever has a function key may do everything."
  type        = object({ tenantId = string, apiClientId = string, pageClientId = string })
  default     = null
}

resource "azurerm_resource_group" "certflow" {
  name     = "certflow"
  location = var.location
}

resource "azurerm_resource_group_template_deployment" "certflow" {
  name                = "certflow"
  resource_group_name = azurerm_resource_group.certflow.name
  deployment_mode     = "Incremental"
  template_content    = file("${path.module}/../../azuredeploy.json")
  parameters_content = jsonencode({
    name          = { value = "certflow" }
    location      = { value = var.location }
    vaults        = { value = [for vault in var.vaults : { for key, text in vault : key => text if text != null }] }
    notifications = { value = { mailTo = var.mail_to } }
    alertsTo      = { value = var.mail_to }
    signIn        = { value = var.sign_in == null ? {} : { for key, text in var.sign_in : key => text } }
  })
}

output "api_url" {
  value = jsondecode(azurerm_resource_group_template_deployment.certflow.output_content).API_URL.value
}
