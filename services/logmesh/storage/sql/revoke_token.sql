-- Ends a token of the tenant. In: its id, who revokes it.
SELECT logmesh.revoke_token($1, $2)
