(class_declaration name: (identifier) @name body: (_)? @body) @class
(struct_declaration name: (identifier) @name body: (_)? @body) @type
(interface_declaration name: (identifier) @name body: (_)? @body) @type
(record_declaration name: (identifier) @name body: (_)? @body) @class
(enum_declaration name: (identifier) @name body: (_)? @body) @type
(enum_member_declaration name: (identifier) @name) @variable
(delegate_declaration name: (identifier) @name) @type
(method_declaration name: (identifier) @name body: (_)? @body) @function
(local_function_statement name: (identifier) @name body: (_)? @body) @function
(constructor_declaration name: (identifier) @name body: (_)? @body) @function
(property_declaration name: (identifier) @name) @variable
(event_declaration name: (identifier) @name) @variable
(event_field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @variable
(field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @variable
(namespace_declaration name: (_) @name body: (_) @body) @module
