// Which network the parameters privateNetwork, network and outbound ask for, and which of them cannot be had together.

import { network, outbound, partZones } from 'types.bicep'

@export()
@description('The network of a deployment.')
type networkShape = {
  @description('A network is made, with a subnet for the app.')
  made: bool

  @description('The subnet that the app is integrated with, where it is there already; empty: the one that is made, or none.')
  appSubnetId: string

  @description('The subnet for endpoints, where it is there already.')
  endpointSubnetId: string

  @description('The app goes out by a public address of its own.')
  fixedAddress: bool

  @description('Who names private endpoints in DNS.')
  zones: 'own' | 'given' | 'byPolicy'

  @description('The zones, where they are given.')
  zoneIds: partZones?
}

@export()
@description('The network that the parameters ask for. Fails with the parameter to change if there is none.')
func networkOf(private bool, network network, outbound outbound) networkShape =>
  empty(refusal(private, network, outbound))
    ? {
        made: private ? network.?appSubnetId == null : (outbound.?fixedAddress ?? false)
        appSubnetId: (private ? network.?appSubnetId : outbound.?subnetId) ?? ''
        endpointSubnetId: network.?endpointSubnetId ?? ''
        fixedAddress: outbound.?fixedAddress ?? false
        zones: network.?zones ?? 'own'
        zoneIds: network.?zoneIds
      }
    : fail(refusal(private, network, outbound))

// Why they cannot be had together; empty: they can.
func refusal(private bool, network network, outbound outbound) string =>
  contains(last(split(network.?appSubnetId ?? outbound.?subnetId ?? '', '/')), '_')
    ? 'network.appSubnetId and outbound.subnetId: Flex Consumption takes no subnet with an underscore in its name (MicrosoftDocs/azure-docs#123860); take another one'
    : private
        ? refusalWithin(network, outbound)
        : contains(map(items(network), one => contains(['networkSecurityGroupId', 'routeTableId'], one.key)), false)
            ? 'network: needs privateNetwork; without it only networkSecurityGroupId and routeTableId are taken, and the subnet that the app goes out through is outbound.subnetId'
            : outbound.?subnetId != null && (outbound.?fixedAddress ?? false)
                ? 'outbound.fixedAddress: outbound.subnetId is there already, and its own NAT gateway or firewall gives the address; leave one of both out'
                : !empty(network) && !(outbound.?fixedAddress ?? false)
                    ? 'network.networkSecurityGroupId and network.routeTableId: are for subnets that are made here, and without privateNetwork or outbound.fixedAddress none is'
                    : ''

func refusalWithin(network network, outbound outbound) string =>
  outbound.?subnetId != null
    ? 'outbound.subnetId: is for an app without privateNetwork; with it the subnet is network.appSubnetId'
    : (network.?appSubnetId == null) != (network.?endpointSubnetId == null)
        ? 'network.appSubnetId and network.endpointSubnetId: give both, or none, and both are made'
        : network.?appSubnetId != null && toLower(network.?appSubnetId ?? '') == toLower(network.?endpointSubnetId ?? '')
            ? 'network.endpointSubnetId: has to be another subnet than network.appSubnetId, which is delegated to the app alone'
            : network.?appSubnetId != null && (outbound.?fixedAddress ?? false)
                ? 'outbound.fixedAddress: network.appSubnetId is there already, and its own NAT gateway or firewall gives the address; leave one of both out'
                : network.?appSubnetId != null && (network.?networkSecurityGroupId ?? network.?routeTableId) != null
                    ? 'network.networkSecurityGroupId and network.routeTableId: are for subnets that are made here; those of network.appSubnetId and network.endpointSubnetId stay as they are'
                    : ((network.?zones ?? 'own') == 'given') != (network.?zoneIds != null)
                        ? 'network.zones and network.zoneIds: given needs zoneIds, with the id of a zone for blob, queue, table, vault, topic and sites; own and byPolicy take none'
                        : ''
