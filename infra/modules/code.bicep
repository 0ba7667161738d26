// The code: a package that has all that it needs, which the platform fetches once and keeps in the container app-package of
// the host storage. Deployed again it is fetched again, also from the same address.

@export()
@description('The package of the release that this file belongs to; empty while there is no release. Nothing else knows the address of the repository.')
func releasedPackage() string =>
  empty(loadJsonContent('../release.json', 'repository'))
    ? ''
    : '${loadJsonContent('../release.json', 'repository')}/releases/download/v${loadJsonContent('../release.json', 'version')}/certflow.zip'

@description('Name of the site.')
param siteName string

@description('Address of the package.')
param packageUri string

resource site 'Microsoft.Web/sites@2025-03-01' existing = {
  name: siteName

  // Learn, "Automate resource deployment for your function app", Flex Consumption: the one resource that places code
  // there, and its two properties, which the published types do not know.
  resource code 'extensions' = {
    name: 'onedeploy'
    #disable-next-line BCP187
    properties: {
      packageUri: packageUri
      remoteBuild: false // what was tested is what runs
    }
  }
}
