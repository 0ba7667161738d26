"""A file from the CA, on its way from the container to the vault: it is parsed, matched, validated,
merged and moved, and people are told. The modules in this order, in which imports point down only
(pyproject.toml):

merge_by_call                  what a caller sends: a chain, or a file as it could be dropped
handle_upload                  a dropped file
merge, finish_upload           a chain into its request, once; the file is moved with its report
inspect, upload_events         a file is matched and validated before any of it is merged
match                          to which request each certificate belongs
unmatched                      the findings about certificates without a request
trust_changes, received_keys   what people are told of besides: trust, exposed keys
report, own_faults, key_search, name_matches, issuing_cas, vault_trust
validation                     a certificate and its chain: ordered, compared, judged
parsing                        the certificates in a file, by its content
"""
