(function_item name: (identifier) @name body: (_) @body) @function
(function_signature_item name: (identifier) @name) @function
(struct_item name: (type_identifier) @name) @type
(union_item name: (type_identifier) @name) @type
(enum_item name: (type_identifier) @name body: (_) @body) @type
(enum_variant name: (identifier) @name) @variable
(trait_item name: (type_identifier) @name body: (_) @body) @type
(impl_item type: (type_identifier) @name body: (_) @body) @class
(impl_item type: (generic_type type: (type_identifier) @name) body: (_) @body) @class
(type_item name: (type_identifier) @name) @type
(associated_type name: (type_identifier) @name) @type
(mod_item name: (identifier) @name body: (_)? @body) @module
(macro_definition name: (identifier) @name) @macro
(const_item name: (identifier) @name) @variable
(static_item name: (identifier) @name) @variable
(field_declaration name: (field_identifier) @name) @variable
