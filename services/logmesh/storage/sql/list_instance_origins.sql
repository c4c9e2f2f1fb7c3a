-- Numbers of the origins of one instance. In: service, instance.
SELECT origin FROM logmesh.known_origins WHERE service = $1::text AND instance = $2::text
