//! What only a store on PostgreSQL has: other nodes, and a server that may go.
