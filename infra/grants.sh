#!/bin/sh
# What is granted beyond the parameters: what a deployment gave once, and its parameters no longer name. Azure keeps it.
#   grants.sh -g GROUP [-n DEPLOYMENT] [-s "SUBSCRIPTION …"]              lists it
#   grants.sh -g GROUP [-n DEPLOYMENT] [-s "SUBSCRIPTION …"] --remove     lists it, and asks of each whether to take it away
#   grants.sh -g GROUP [-n DEPLOYMENT] --commands                         a command for each grant (roles: 'list')
# GROUP and DEPLOYMENT (certflow) are those of the last deployment of main.bicep: its outputs say what there should be.
# It looks in all subscriptions of the tenant that you see, or in those of -s: name those that vaults were in.
# Found are: role assignments of the app's identity anywhere, and of anybody on a container or queue of the deployment;
# its own roles; its event subscriptions; and the system topics that it made. Of others are, and stay: an assignment
# without a description, a grant of a topic elsewhere, and a topic that has another use.
# Status: 0, there is nothing, or nothing any more; 1, there is; 2, it could not be asked.
set -eu
usage() { sed -n '2,5p' "$0" >&2; exit 2; }

group='' deployment=certflow subscriptions='' do=list
while [ $# -gt 0 ]; do
  case $1 in
    -g) group=${2-}; shift ;;
    -n) deployment=${2-}; shift ;;
    -s) subscriptions=${2-}; shift ;;
    --remove) do=remove ;;
    --commands) do=commands ;;
    *) usage ;;
  esac
  [ $# -gt 0 ] && shift
done
[ -n "$group" ] && [ -n "$deployment" ] || usage

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
trap 'exit 130' INT TERM HUP

# Every answer goes through a file, so that a call that fails ends the script. A row that lacks a part has None in it.
ask() { into=$1; shift; az "$@" --output tsv >"$here/$into" || exit 2; }
out() { ask "$1" deployment group show --resource-group "$group" --name "$deployment" --query "properties.outputs.$2"; }

# az looks in the subscription that is selected, where a group of this name may be another one than is meant.
ask account account show --query '[[id, tenantId, name]]'
IFS='	' read -r selected tenant called <"$here/account"
echo "Of the deployment $deployment in $group, subscription $called ($selected):" >&2

out grants 'GRANTS.value[].[who, scope, role, type, roleName, why]'
out principals 'PRINCIPALS.value[].[who, id]'
out site 'SITE_NAME.value'
if ! [ -s "$here/grants" ] || ! [ -s "$here/principals" ] || ! grep -q '^func-' "$here/site"; then
  echo "The deployment $deployment in $group has no outputs GRANTS, PRINCIPALS and SITE_NAME: it is not one of main.bicep," \
    'of this version, that went through.' >&2
  exit 2
fi
site=$(cat "$here/site")
token=${site##*-}
name=${site#func-}
name=${name%-"$token"}

# The grants that there should be: scope, role, principal. Azure writes ids in any case.
awk -F '\t' -v OFS='\t' 'NR == FNR { id[$1] = $2; next } { print $2, $3, ($1 in id ? id[$1] : $1), $4, $5, $6 }' \
  "$here/principals" "$here/grants" >"$here/wanted"

if [ "$do" = commands ]; then
  # A why may have an apostrophe in it: the shell's own quotes end, and begin again, around an escaped one.
  awk -F '\t' -v q="'" '
    function quoted(text) { gsub(q, q "\\" q q, text); return q text q }
    { printf "# %s: %s\naz role assignment create --role %s --scope %s \\\n  --assignee-object-id %s%s --description %s\n",
        $5, $6, quoted($2), quoted($1), quoted($3),
        ($4 == "None" || $4 == "" ? "" : " --assignee-principal-type " $4), quoted($6) }' "$here/wanted"
  exit 0
fi

if [ -z "$subscriptions" ]; then
  ask subscriptions account list --query "[?tenantId=='$tenant' && state=='Enabled'].id"
  subscriptions=$(cat "$here/subscriptions")
fi

: >"$here/found"
: >"$here/assignments"
: >"$here/topics"
for subscription in $subscriptions; do
  # Without the names of principals, which are asked of Graph, where not everybody may read.
  ask some role assignment list --all --subscription "$subscription" --fill-principal-name false \
    --query '[].[id, scope, roleDefinitionId, principalId, roleDefinitionName, description]'
  cat "$here/some" >>"$here/assignments"
  ask some eventgrid system-topic list --subscription "$subscription" \
    --query '[].[id, name, resourceGroup, identity.principalId]'
  while IFS='	' read -r id topic in principal; do
    ask subscribed eventgrid system-topic event-subscription list --subscription "$subscription" \
      --resource-group "$in" --system-topic-name "$topic" --query '[].[id, name]' </dev/null
    ours=no others=no
    while IFS='	' read -r event_id event; do
      if [ "$event" != "certflow-$token" ]; then
        others=yes
      else
        ours=yes
        printf '%s\n' "$event_id" >>"$here/subscribed.ours"
      fi
    done <"$here/subscribed"
    printf '%s\t%s\t%s\t%s\t%s\n' "$id" "$topic" "$principal" "$ours" "$others" >>"$here/topics"
  done <"$here/some"
done
touch "$here/subscribed.ours"

# Topics that the outputs do not name. One of ours has our subscription, or may write our dead letters; others may have
# given a topic of theirs (topicId), which stays, and so does one that somebody else has subscribed to, or whose identity
# somebody else has given a role (another deployment that delivers by it).
awk -F '\t' -v OFS='\t' -v name="evgst-$name-" '
  FILENAME ~ /principals$/ { wanted[tolower($1)]; known[tolower($2)]; next }
  FILENAME ~ /wanted$/ {
    if ($1 ~ /\/dead-letters$/) { dead = tolower($1); account = dead; sub(/\/blobservices\/.*/, "/", account) }
    next
  }
  FILENAME ~ /assignments$/ {
    if (tolower($2) == dead) writes[tolower($4)]
    if (index(tolower($2), account) != 1) elsewhere[tolower($4)]
    next
  }
  FILENAME ~ /subscribed.ours$/ {
    topic = tolower($1); sub(/\/eventsubscriptions\/.*/, "", topic)
    if (!(topic in wanted)) print "event subscription", $1, "delivers to this app"
    next
  }
  !(tolower($1) in wanted) && index($2, name) == 1 && $5 == "no" && !(tolower($3) in elsewhere) &&
  ($4 == "yes" || tolower($3) in writes) {
    print "system topic", $1, "of a vault that left"
  }' "$here/principals" "$here/wanted" "$here/assignments" "$here/subscribed.ours" "$here/topics" >>"$here/found"

# Assignments: of the app, and whoever has one in the storage of the deployment; on a whole account Certflow grants nobody
# but the app. All that it grants has a description; what has none was granted by somebody else, and stays. One that is
# inherited from a management group is in the list of each subscription.
awk -F '\t' -v OFS='\t' '
  FILENAME ~ /principals$/ { if ($1 == "app") app = tolower($2); next }
  FILENAME ~ /wanted$/ {
    wanted[tolower($1 "\t" $2 "\t" $3)]
    if (match($1, /\/storageAccounts\/[^\/]*/)) account[tolower(substr($1, 1, RSTART + RLENGTH - 1))]
    next
  }
  {
    role = $3; sub(/.*\//, "", role)
    scope = tolower($2); own = tolower($4) == app
    for (one in account) if (index(scope, one "/") == 1) own = 1
    if (own && $6 != "None" && $6 != "" && !(tolower($2 "\t" role "\t" $4) in wanted) && !seen[tolower($1)]++)
      print "role assignment", $1, $5 " of " $4 " on " $2 ": " $6
  }' "$here/principals" "$here/wanted" "$here/assignments" >>"$here/found"

# Roles of our own have the token in their name; a role is deleted by a scope that it may be assigned in.
ask definitions rest --method get \
  --url "/providers/Microsoft.Authorization/roleDefinitions?\$filter=type+eq+'CustomRole'&api-version=2022-04-01" \
  --query "value[?contains(properties.roleName, 'Certflow ') && contains(properties.roleName, ' $token')].[name, properties.roleName, properties.assignableScopes[0]]"
awk -F '\t' -v OFS='\t' '
  NR == FNR { wanted[tolower($2)]; next }
  !(tolower($1) in wanted) { print "role", $3 "/providers/Microsoft.Authorization/roleDefinitions/" $1, $2 }
' "$here/wanted" "$here/definitions" >>"$here/found"

if ! [ -s "$here/found" ]; then
  echo 'Nothing is granted beyond the parameters.'
  exit 0
fi
awk -F '\t' '{ printf "%s: %s\n  %s\n", $1, $3, $2 }' "$here/found"
if [ "$do" = list ]; then
  echo "$(wc -l <"$here/found" | tr -d ' ') beyond the parameters. --remove asks of each whether to take it away."
  exit 1
fi

take_away() {
  case $1 in
    'role assignment') az role assignment delete --ids "$2" --output none </dev/null ;;
    role) az rest --method delete --url "$2?api-version=2022-04-01" --output none </dev/null ;;
    *) az resource delete --ids "$2" --output none </dev/null ;;
  esac
}

# Answers come from standard input, so the list comes by another way.
all=no left=0
while IFS='	' read -r kind id what <&3; do
  answer=y
  if [ "$all" = no ]; then
    printf 'Take away the %s: %s? [y/n/a(ll)/q(uit)] ' "$kind" "$what"
    IFS= read -r answer || answer=q
  fi
  case $answer in
    y | Y) ;;
    a | A) all=yes ;;
    q | Q) exit 1 ;;
    *) left=1; continue ;;
  esac
  # What Azure refuses stays (a role that somebody has been given, a lock), and the rest is asked for all the same.
  if take_away "$kind" "$id"; then
    printf 'Taken away: %s\n' "$id"
  else
    left=1
    printf 'Stays: %s\n' "$id"
  fi
done 3<"$here/found"
exit "$left"
